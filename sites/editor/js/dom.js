// Small helpers that several parts of the editor use.
export const $ = (selector) => document.querySelector(selector);

export function element(name, className = "", values = {}) {
  const made = Object.assign(document.createElement(name), values);
  if (className) made.className = className;
  return made;
}

export function icon(name) {
  const made = document.getElementById("icon").content.firstElementChild.cloneNode(true);
  const use = made.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return made;
}

// A button with an icon; `label` is what it says to who can't see it.
export function iconButton(glyph, label, click, className = "btn btn--icon") {
  const made = element("button", className, { type: "button" });
  made.setAttribute("aria-label", label);
  made.append(icon(glyph));
  made.addEventListener("click", click);
  return made;
}

let counter = 0;
export const freshId = (prefix) => `${prefix}-${(counter += 1)}`;
