// In the frame: the buttons at the chosen block. They ask the editor, which owns the page, to do it.
const SHAPES = {
  up: ["m5 12 7-7 7 7", "M12 19V5"],
  down: ["M12 5v14", "m19 12-7 7-7-7"],
  duplicate: ["M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2Z", "M4 16a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2"],
  remove: ["M3 6h18", "M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6", "M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2"],
  add: ["M5 12h14", "M12 5v14"],
};

function glyph(name) {
  const make = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = make("svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of SHAPES[name]) {
    const path = make("path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export class Bar {
  constructor(send) {
    this.send = send;
    this.root = document.createElement("div");
    this.root.className = "eb-bar";
    this.root.setAttribute("role", "toolbar");
    this.name = document.createElement("b");
    this.root.append(this.name);
    for (const act of ["up", "down", "duplicate", "remove"]) this.root.append(this.#button(act));
    this.plus = this.#button("add");
    this.plus.className = "eb-add";
    new ResizeObserver(() => this.place()).observe(document.documentElement);
    addEventListener("load", () => this.place(), true); // pictures and fonts that come later move the block
  }

  #button(act) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.act = act;
    button.append(glyph(act));
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.send({ t: "act", act, block: this.block });
    });
    return button;
  }

  words(words) {
    this.names = words.names;
    this.root.setAttribute("aria-label", words.bar);
    for (const button of this.root.querySelectorAll("button")) {
      button.setAttribute("aria-label", words[button.dataset.act]);
      button.title = words[button.dataset.act];
    }
    this.plus.append(words.add);
  }

  show(block) {
    this.block = block;
    this.place();
  }

  place() {
    const chosen = this.block && document.querySelector(`[data-block="${CSS.escape(this.block)}"]`);
    if (!chosen) {
      this.root.remove();
      this.plus.remove();
      return;
    }
    if (!this.root.isConnected) document.body.append(this.root, this.plus);
    const all = [...document.querySelectorAll("[data-block]")];
    const here = all.indexOf(chosen);
    this.name.textContent = this.names?.[chosen.dataset.type] ?? "";
    this.root.querySelector("[data-act=up]").disabled = here === 0;
    this.root.querySelector("[data-act=down]").disabled = here === all.length - 1;
    const box = chosen.getBoundingClientRect();
    this.root.style.insetBlockStart = `${Math.max(4, box.top + scrollY - 21)}px`;
    this.plus.style.insetBlockStart = `${box.bottom + scrollY}px`;
  }
}
