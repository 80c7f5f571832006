// One control for each kind of part. `set` stores a value, `get` reads it.
import { element, freshId, icon } from "./dom.js";

const FEW = 4; // so many choices stand side by side, as one row of buttons

export function select(choices, value, set) {
  const made = element("select");
  for (const [key, label] of choices) made.append(new Option(label, key));
  made.value = value ?? "";
  made.addEventListener("change", () => set(made.value));
  const wrap = element("span", "select");
  wrap.append(made, icon("chevron-down"));
  return [wrap, made];
}

function radios(className, choices, value, set, draw) {
  const group = element("div", className);
  const name = freshId("choice");
  for (const [key, label] of choices) {
    const option = element("label");
    const input = element("input", "", { type: "radio", name, value: key, checked: key === value });
    input.addEventListener("change", () => set(key));
    option.append(input, ...draw(key, label));
    group.append(option);
  }
  return group;
}

export const fits = (choices) => choices.length <= FEW && choices.every(([, label]) => label.length < 12);

export const segment = (choices, value, set) =>
  radios("segment segment--block", choices, value, set, (_key, label) => [element("span", "", { textContent: label })]);

export function tones(colours, choices, value, set) {
  return radios("tones", choices, value, set, (key, label) => {
    const swatch = element("i");
    swatch.style.backgroundColor = colours[key]; // the site's own colour: no style sheet of ours can know it
    return [swatch, element("span", "", { textContent: label })];
  });
}

export function toggle(label, value, set) {
  const row = element("label", "switchrow");
  const box = element("input", "switch", { type: "checkbox", checked: Boolean(value) });
  box.addEventListener("change", () => set(box.checked));
  row.append(box, element("span", "", { textContent: label }));
  return [row, box];
}

export function typed(part, value, set) {
  const long = part.widget === "long_text" || part.widget === "lines";
  const made = element(long ? "textarea" : "input", long ? "textarea" : "input");
  if (long) made.rows = 3;
  else made.type = { time: "time", number: "number" }[part.widget] ?? "text";
  made.value = Array.isArray(value) ? value.join("\n") : value ?? "";
  if (part.widget === "href") made.setAttribute("list", "pages");
  made.addEventListener("input", () => {
    if (part.widget === "lines") set(made.value.split("\n").map((line) => line.trim()).filter(Boolean));
    else if (part.widget === "number") set(made.value === "" ? null : Number(made.value));
    else set(made.value);
  });
  return made;
}

// A picture: what it looks like, another one, none, and what can be seen in it.
export class Picture {
  constructor(part, value, { data, words, set, request, refused }) {
    Object.assign(this, { data, words, set, request, refused });
    this.root = element("fieldset", "picfield");
    this.root.append(element("legend", "legend", { textContent: part.label }));
    const found = data.images.find((each) => each.id === value);
    const thumb = element("span", "picfield__thumb");
    if (found) thumb.append(element("img", "", { src: found.url, alt: "" }));
    else thumb.append(icon("image"));
    const side = element("div", "stack stack--s");
    const choices = [["", words.none], ...data.images.map((each) => [each.id, each.name])];
    const [wrap, list] = select(choices, value ?? "", (key) => set(key || null));
    list.setAttribute("aria-label", part.label);
    side.append(wrap, this.#upload(found));
    this.root.append(thumb, side);
    this.control = list;
    if (found) this.root.append(this.#alt(found));
  }

  #upload(found) {
    const label = element("label", "btn btn--sm filepick");
    const words = found ? this.words.replace : this.words.upload;
    const file = element("input", "", { type: "file", accept: "image/jpeg,image/png,image/webp,image/gif" });
    file.setAttribute("aria-label", this.words.upload);
    label.append(icon("upload"), element("span", "", { textContent: words }), file);
    file.addEventListener("change", async () => {
      const body = new FormData();
      body.append("file", file.files[0]);
      label.setAttribute("aria-busy", "true");
      const { status, answer } = await this.request(this.data.urls.upload, body);
      label.removeAttribute("aria-busy");
      if (status !== 200) {
        this.refused(answer.message ?? this.words.offline);
        return;
      }
      this.data.images.unshift(answer);
      this.set(answer.id);
    });
    return label;
  }

  #alt(found) {
    const field = element("div", "field picfield__alt");
    const id = freshId("alt");
    const area = element("textarea", "textarea", { id, rows: 2, value: found.alt, maxLength: 200 });
    area.setAttribute("aria-describedby", `${id}-help`);
    area.addEventListener("change", async () => {
      const { status, answer } = await this.request(`${this.data.urls.upload}${found.id}/`, { alt: area.value });
      if (status === 200) found.alt = answer.alt;
      else this.refused(answer.message ?? this.words.offline);
    });
    field.append(
      element("label", "", { textContent: this.words.alt, htmlFor: id }),
      element("p", "field__help", { textContent: this.words.althelp, id: `${id}-help` }),
      area,
    );
    return field;
  }
}
