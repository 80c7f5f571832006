// The settings panel, made from the block class: the server sends each block's parts, this draws their controls.
import { at, clone } from "./log.js";

export class Panel {
  #problems = [];

  constructor(root, { data, log, words, labelOf }) {
    Object.assign(this, { root, data, log, words, labelOf });
  }

  show(id) {
    this.id = id;
    const block = this.log.find(id);
    this.root.replaceChildren();
    if (!block) {
      this.root.append(Object.assign(document.createElement("p"), { className: "muted", textContent: this.words.choose }));
      return;
    }
    const head = element("div", "panel__head");
    head.append(Object.assign(element("h2"), { textContent: this.labelOf(block) }));
    for (const [act, label] of [["duplicate", this.words.duplicate], ["remove", this.words.remove]]) {
      const button = element("button", "btn btn--sm");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => document.dispatchEvent(new CustomEvent("webanizr:block", { detail: { act, id } })));
      head.append(button);
    }
    this.root.append(head);
    for (const part of this.data.blocks[block.type].parts) this.root.append(this.#control(part, part.name));
    this.#mark();
  }

  // words typed on the page itself: show them in the panel, too, unless the cursor is there
  follow({ block, path, value }) {
    if (block !== this.id) return;
    const control = this.root.querySelector(`[data-path="${CSS.escape(path)}"]`);
    if (control && control !== document.activeElement && "value" in control && typeof value === "string") {
      control.value = value;
      this.#count(control);
    }
  }

  // problems of the server, at their fields: [{loc: ["blocks", 2, "heading"], message}]
  errors(problems, blocks) {
    this.#problems = problems.map(({ loc, message }) => {
      const [head, index, ...path] = loc;
      return head === "blocks" ? { block: blocks[index]?.id, path: path.join("."), message } : { block: this.id, path: loc.join("."), message };
    });
    this.#mark();
  }

  #mark() {
    for (const old of this.root.querySelectorAll(".field__error")) old.remove();
    for (const field of this.root.querySelectorAll(".field--error")) field.classList.remove("field--error");
    for (const { block, path, message } of this.#problems) {
      if (block !== this.id) continue;
      const control = this.root.querySelector(`[data-path="${CSS.escape(path)}"]`);
      const field = control?.closest(".field") ?? this.root;
      field.classList.add("field--error");
      const line = Object.assign(element("p", "field__error"), { textContent: message });
      line.setAttribute("role", "alert");
      field.append(line);
    }
  }

  #set(path, value) {
    this.log.commit({ kind: "set", block: this.id, path, value });
  }

  #value(path) {
    return at(this.log.find(this.id), path);
  }

  #control(part, path) {
    if (part.widget === "items") return this.#items(part, path);
    if (part.widget === "link") {
      const group = element("fieldset", "formset");
      group.append(Object.assign(element("legend", "legend"), { textContent: part.label }));
      for (const inner of part.parts) group.append(this.#control(inner, `${path}.${inner.name}`));
      return group;
    }
    const field = element("div", "field");
    const id = `p-${path}`;
    const label = Object.assign(element("label"), { textContent: part.label, htmlFor: id });
    field.append(label);
    if (part.help) field.append(Object.assign(element("p", "field__help"), { textContent: part.help, id: `${id}-help` }));
    if (part.widget === "rich") {
      label.replaceWith(Object.assign(element("span", "legend"), { textContent: part.label }));
      field.append(Object.assign(element("p", "field__help"), { textContent: this.words.onpage }));
      return field;
    }
    const control = this.#input(part, path);
    control.id = id;
    control.dataset.path = path;
    if (part.help) control.setAttribute("aria-describedby", `${id}-help`);
    if (control.tagName === "SELECT") {
      const wrap = element("span", "select");
      wrap.append(control);
      field.append(wrap);
    } else field.append(control);
    if (part.widget === "image") field.append(this.#picture(path));
    if (part.max_length && ["text", "long_text"].includes(part.widget)) {
      field.append(element("span", "faint count-left"));
      control.dataset.max = part.max_length;
      this.#count(control);
    }
    return field;
  }

  #count(control) {
    const left = control.closest(".field")?.querySelector(".count-left");
    if (left) left.textContent = `${control.value.length} / ${control.dataset.max}`;
  }

  #input(part, path) {
    const value = this.#value(path);
    const choices = { image: this.data.images, form: this.data.forms, href: null }[part.widget] ?? part.choices;
    if (["choice", "icon", "drawing", "tone", "image", "form"].includes(part.widget) || (choices && choices.length)) {
      const select = element("select");
      if (["image", "form"].includes(part.widget)) select.append(new Option(this.words.none, ""));
      for (const [key, label] of choices) select.append(new Option(label, key));
      select.value = value ?? "";
      select.addEventListener("change", () => this.#set(path, select.value || (["image", "form"].includes(part.widget) ? null : "")));
      return select;
    }
    if (part.widget === "toggle") {
      const box = Object.assign(element("input", "check"), { type: "checkbox", checked: Boolean(value) });
      box.addEventListener("change", () => this.#set(path, box.checked));
      return box;
    }
    if (part.widget === "long_text" || part.widget === "lines") {
      const area = element("textarea", "textarea");
      area.rows = 4;
      area.value = Array.isArray(value) ? value.join("\n") : value;
      area.addEventListener("input", () => {
        const lines = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
        this.#set(path, part.widget === "lines" ? lines : area.value);
        this.#count(area);
      });
      return area;
    }
    const input = element("input", "input");
    input.type = { time: "time", number: "number" }[part.widget] ?? "text";
    input.value = value ?? "";
    if (part.widget === "href") input.setAttribute("list", "pages");
    input.addEventListener("input", () => {
      this.#set(path, part.widget === "number" ? (input.value === "" ? null : Number(input.value)) : input.value);
      this.#count(input);
    });
    return input;
  }

  #picture(path) {
    const label = element("label", "btn btn--sm filepick");
    label.append(Object.assign(element("span"), { textContent: this.words.upload }));
    const file = Object.assign(element("input"), { type: "file", accept: "image/jpeg,image/png,image/webp,image/gif" });
    file.setAttribute("aria-label", this.words.upload);
    file.addEventListener("change", async () => {
      const body = new FormData();
      body.append("file", file.files[0]);
      const response = await fetch(this.data.urls.upload, { method: "POST", headers: { "X-CSRFToken": this.data.csrf, Accept: "application/json" }, body });
      const answer = await response.json().catch(() => ({ message: this.words.offline }));
      if (response.ok) {
        this.data.images.unshift([answer.id, answer.name]);
        this.#set(path, answer.id);
        this.show(this.id);
      } else {
        this.errors([{ loc: path.split("."), message: answer.message }], this.log.blocks);
      }
    });
    label.append(file);
    return label;
  }

  #items(part, path) {
    const group = element("fieldset", "stack stack--s");
    group.append(Object.assign(element("legend", "legend"), { textContent: part.label }));
    const items = this.#value(path);
    items.forEach((item, index) => {
      const box = element("details", "formset");
      box.open = this.openItem === `${path}.${index}`;
      const name = Object.values(item).find((value) => typeof value === "string" && value) ?? `${index + 1}`;
      box.append(Object.assign(element("summary"), { textContent: name }));
      box.addEventListener("toggle", () => box.open && (this.openItem = `${path}.${index}`));
      for (const inner of part.parts) box.append(this.#control(inner, `${path}.${index}.${inner.name}`));
      const row = element("div", "row");
      for (const [label, act, off] of [
        [this.words.up, (list) => list.splice(index - 1, 0, ...list.splice(index, 1)), index === 0],
        [this.words.down, (list) => list.splice(index + 1, 0, ...list.splice(index, 1)), index === items.length - 1],
        [this.words.remove, (list) => list.splice(index, 1), false],
      ]) {
        const button = Object.assign(element("button", "btn btn--sm"), { type: "button", textContent: label, disabled: off });
        button.addEventListener("click", () => {
          const list = clone(this.#value(path));
          act(list);
          this.#set(path, list);
        });
        row.append(button);
      }
      box.append(row);
      group.append(box);
    });
    if (items.length < part.max_items) {
      const add = Object.assign(element("button", "btn btn--sm"), { type: "button", textContent: this.words.add });
      add.addEventListener("click", () => {
        this.openItem = `${path}.${items.length}`;
        this.#set(path, [...clone(items), clone(part.blank)]);
      });
      group.append(add);
    }
    return group;
  }
}

function element(name, className = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}
