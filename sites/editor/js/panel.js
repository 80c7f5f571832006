// The settings panel, made from the block class: the server sends each block's parts, this draws their controls.
import * as controls from "./controls.js";
import { element, icon, iconButton } from "./dom.js";
import { at, clone } from "./log.js";

export class Panel {
  #problems = [];
  #tab = "content";

  constructor(root, { data, log, words, request, act, close }) {
    Object.assign(this, { root, data, log, words, request, act, close });
  }

  show(id) {
    const active = this.root.contains(document.activeElement) ? document.activeElement : null;
    const focused = active?.closest("[data-path]")?.dataset.path;
    const scrolled = this.id === id ? this.root.querySelector(".editor__scroll")?.scrollTop : 0;
    this.id = id;
    const block = this.log.find(id);
    this.root.replaceChildren();
    const body = element("div", "editor__scroll");
    if (!block) {
      body.append(element("p", "muted", { textContent: this.words.choose }));
      this.root.append(body);
      return;
    }
    const { parts } = this.data.blocks[block.type];
    this.root.append(this.#head(block), this.#tabs(parts));
    for (const part of parts) {
      if (part.look === (this.#tab === "look")) body.append(this.#control(part, part.name));
    }
    this.root.append(body);
    body.scrollTop = scrolled ?? 0;
    if (focused) this.#refocus(this.#find(focused));
    this.#mark();
  }

  // drawing anew must not lose the keyboard: back to the control, the chosen option, or the item that moved
  #refocus(control) {
    const inner = control?.matches("[role=radiogroup]") ? ":checked" : control?.matches("fieldset") ? "details[open] > summary, :scope > button" : "";
    (inner ? control.querySelector(inner) : control)?.focus();
  }

  // words typed on the page itself: show them in the panel, too, unless the cursor is there
  follow({ block, path, value }) {
    if (block !== this.id) return;
    const control = this.#find(path);
    if (control && control !== document.activeElement && "value" in control && typeof value === "string") {
      control.value = value;
      this.#count(control);
    }
  }

  // problems of the server, at their fields: [{loc: ["blocks", 2, "heading"], message}]
  errors(problems, blocks) {
    this.#problems = problems.map(({ loc, message }) => {
      const [head, index, ...path] = loc;
      if (head !== "blocks") return { block: this.id, path: loc.join("."), message };
      return { block: blocks[index]?.id, path: path.join("."), message };
    });
    this.#mark();
    return new Set(this.#problems.map(({ block }) => block));
  }

  // go to one part: open its tab and the item it is in
  reveal(path) {
    const block = this.log.find(this.id);
    const part = this.data.blocks[block?.type]?.parts.find((each) => each.name === path.split(".")[0]);
    if (!part) return;
    this.#tab = part.look ? "look" : "content";
    const item = path.match(/^[a-z_]+\.\d+/);
    if (item) this.openItem = item[0];
    this.show(this.id);
    const control = this.#find(path) ?? this.#find(`${path}.label`);
    (control?.closest(".picfield")?.querySelector("textarea") ?? control)?.focus();
  }

  #find(path) {
    return this.root.querySelector(`[data-path="${CSS.escape(path)}"]`);
  }

  #head(block) {
    const head = element("div", "editor__head");
    head.append(
      element("h2", "", { textContent: this.data.blocks[block.type].title }),
      iconButton("copy", this.words.duplicate, () => this.act("duplicate", block.id)),
      iconButton("trash-2", this.words.remove, () => this.act("remove", block.id)),
      iconButton("x", this.words.close, this.close, "btn btn--icon editor__phone"),
    );
    return head;
  }

  #tabs(parts) {
    const bar = element("div", "tabs editor__tabs");
    const there = ["content", "look"].filter((key) => parts.some((part) => part.look === (key === "look")));
    if (!there.includes(this.#tab)) [this.#tab] = there;
    for (const key of there) {
      const tab = element("button", "", { type: "button", textContent: this.words[key] });
      if (key === this.#tab) tab.setAttribute("aria-current", "true");
      tab.addEventListener("click", () => {
        this.#tab = key;
        this.show(this.id);
        this.root.querySelector(".editor__tabs [aria-current]").focus();
      });
      bar.append(tab);
    }
    return bar;
  }

  #mark() {
    for (const old of this.root.querySelectorAll(".field__error")) old.remove();
    for (const field of this.root.querySelectorAll(".field--error")) field.classList.remove("field--error");
    for (const { block, path, message } of this.#problems) {
      if (block === this.id) this.#complain(this.#find(path)?.closest(".field, .picfield, [data-path]"), message);
    }
  }

  #complain(field, message) {
    const line = element("p", "field__error");
    line.setAttribute("role", "alert");
    line.append(icon("circle-alert"), element("span", "", { textContent: message }));
    if (field?.matches(".field, .picfield")) field.classList.add("field--error");
    (field ?? this.root.querySelector(".editor__scroll"))?.append(line);
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
      group.append(element("legend", "legend", { textContent: part.label }));
      for (const inner of part.parts) group.append(this.#control(inner, `${path}.${inner.name}`));
      return group;
    }
    const value = this.#value(path);
    const set = (changed) => this.#set(path, changed);
    if (part.widget === "image") return this.#picture(part, path, value, set);
    const field = element("div", "field");
    if (part.widget === "toggle") {
      const [row, box] = controls.toggle(part.label, value, set);
      box.dataset.path = path;
      field.append(row);
      return field;
    }
    const id = `p-${path}`;
    const help = part.widget === "rich" ? this.words.onpage : part.help;
    const grouped = part.widget === "rich" || (part.widget === "choice" && (part.name === "tone" || controls.fits(part.choices)));
    field.append(grouped ? element("span", "legend", { textContent: part.label, id }) : element("label", "", { textContent: part.label, htmlFor: id }));
    if (help) field.append(element("p", "field__help", { textContent: help, id: `${id}-help` }));
    if (part.widget === "rich") return field;
    const [shown, control] = this.#input(part, value, set);
    control.dataset.path = path;
    if (grouped) {
      control.setAttribute("role", "radiogroup");
      control.setAttribute("aria-labelledby", id);
    } else control.id = id;
    if (help) control.setAttribute("aria-describedby", `${id}-help`);
    field.append(shown);
    if (part.max_length && ["text", "long_text"].includes(part.widget)) {
      field.append(element("span", "faint count-left"));
      control.dataset.max = part.max_length;
      control.addEventListener("input", () => this.#count(control));
      this.#count(control);
    }
    return field;
  }

  #input(part, value, set) {
    if (part.widget === "form") {
      return controls.select([["", this.words.none], ...this.data.forms], value, (key) => set(key || null));
    }
    if (part.widget === "choice" && part.name === "tone") {
      const made = controls.tones(this.data.tones, part.choices, value, set);
      return [made, made];
    }
    if (part.widget === "choice" && controls.fits(part.choices)) {
      const made = controls.segment(part.choices, value, set);
      return [made, made];
    }
    if (part.choices.length) return controls.select(part.choices, value, set);
    const made = controls.typed(part, value, set);
    return [made, made];
  }

  #picture(part, path, value, set) {
    const picture = new controls.Picture(part, value, {
      data: this.data,
      words: this.words,
      request: this.request,
      set,
      refused: (message) => {
        this.#mark();
        this.#complain(picture.root, message);
      },
    });
    picture.control.dataset.path = path;
    return picture.root;
  }

  #count(control) {
    const left = control.closest(".field")?.querySelector(".count-left");
    if (left) left.textContent = `${control.value.length} / ${control.dataset.max}`;
  }

  #items(part, path) {
    const group = element("fieldset", "stack stack--s");
    group.dataset.path = path;
    group.append(element("legend", "legend", { textContent: part.label }));
    const items = this.#value(path);
    items.forEach((item, index) => {
      const box = element("details", "formset");
      box.open = this.openItem === `${path}.${index}`;
      box.append(element("summary", "", { textContent: this.#nameOf(part, item, index) }));
      box.addEventListener("toggle", () => box.open && (this.openItem = `${path}.${index}`));
      for (const inner of part.parts) box.append(this.#control(inner, `${path}.${index}.${inner.name}`));
      box.append(this.#order(path, index, items.length));
      group.append(box);
    });
    if (items.length < part.max_items) {
      const add = element("button", "btn btn--sm", { type: "button" });
      add.append(icon("plus"), element("span", "", { textContent: this.words.add }));
      add.addEventListener("click", () => {
        this.openItem = `${path}.${items.length}`;
        this.#set(path, [...clone(items), clone(part.blank)]);
      });
      group.append(add);
    }
    return group;
  }

  // what an item is called in the list: its first words, or the chosen option's
  #nameOf(part, item, index) {
    for (const inner of part.parts) {
      const value = item[inner.name];
      if (inner.widget === "choice" && inner === part.parts[0]) return inner.choices.find(([key]) => key === value)?.[1] ?? value;
      if (["text", "long_text"].includes(inner.widget) && value) return value;
    }
    return this.words.item.replace("%n", index + 1);
  }

  #order(path, index, count) {
    const row = element("div", "row");
    const change = (act) => () => {
      const list = clone(this.#value(path));
      this.openItem = `${path}.${act(list)}`;
      this.#set(path, list);
    };
    const swap = (to) => (list) => (list.splice(to, 0, ...list.splice(index, 1)), to);
    const up = iconButton("arrow-up", this.words.moveup, change(swap(index - 1)));
    const down = iconButton("arrow-down", this.words.movedown, change(swap(index + 1)));
    up.disabled = index === 0;
    down.disabled = index === count - 1;
    row.append(up, down, iconButton("trash-2", this.words.remove, change((list) => (list.splice(index, 1), -1))));
    return row;
  }
}
