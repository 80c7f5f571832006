// The list of blocks: choosing one, and moving it by buttons and by keyboard.
import { element, icon, iconButton } from "./dom.js";

export class Outline {
  constructor(root, { data, log, words, select, move }) {
    Object.assign(this, { root, data, log, words, select, move });
    this.flagged = new Set();
  }

  draw(selected, focus = "") {
    const { blocks } = this.log;
    const had = this.root.contains(document.activeElement) ? document.activeElement.dataset : {};
    this.root.replaceChildren(...blocks.map((block, index) => this.#row(block, index, blocks.length)));
    this.mark(selected);
    const target = focus || had.mover;
    if (target) this.root.querySelector(`[data-mover="${CSS.escape(target)}"]`)?.focus();
    else if (had.block) this.focus(had.block);
  }

  #row(block, index, count) {
    const { title, icon: glyph } = this.data.blocks[block.type];
    const item = element("li");
    const open = element("button", "outline__open", { type: "button" });
    open.append(icon(glyph), element("span", "", { textContent: title }));
    open.dataset.block = block.id;
    open.addEventListener("click", () => this.select(block.id, true));
    item.append(open);
    if (this.flagged.has(block.id)) item.append(icon("triangle-alert"));
    const place = this.words.place.replace("%n", index + 1).replace("%m", count);
    for (const [step, sign, way] of [[-1, "chevron-up", this.words.up], [1, "chevron-down", this.words.down]]) {
      const to = index + step;
      const label = `${title}, ${place}: ${way}`;
      const mover = iconButton(sign, label, () => this.move(block.id, to), "btn btn--icon btn--sm outline__move");
      mover.setAttribute("aria-disabled", String(to < 0 || to >= count));
      mover.dataset.mover = `${block.id}${step}`;
      item.append(mover);
    }
    return item;
  }

  mark(selected) {
    for (const each of this.root.querySelectorAll("[data-block]")) {
      if (each.dataset.block === selected) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  focus(id) {
    this.root.querySelector(`[data-block="${CSS.escape(id)}"]`)?.focus();
  }
}
