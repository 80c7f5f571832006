// A list with checkboxes: one that chooses all, and Shift for a range. `data-chosen` is there while something is chosen;
// [data-count] says how many.
class CheckAll extends HTMLElement {
  connectedCallback() {
    this.last = null;
    this.addEventListener("click", (event) => this.choose(event));
    this.show(); // the browser may have kept what was ticked
  }

  get all() {
    return this.querySelector("[data-all]");
  }

  get boxes() {
    return [...this.querySelectorAll("input[type=checkbox]:not([data-all])")];
  }

  choose(event) {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const boxes = this.boxes;
    if (box === this.all) {
      for (const each of boxes) each.checked = box.checked;
    } else {
      if (event.shiftKey && this.last) {
        const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
      }
      this.last = box;
    }
    this.show();
  }

  show() {
    const boxes = this.boxes;
    const chosen = boxes.filter((each) => each.checked).length;
    if (this.all) {
      this.all.checked = chosen > 0 && chosen === boxes.length;
      this.all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    this.toggleAttribute("data-chosen", chosen > 0);
    for (const count of this.querySelectorAll("[data-count]")) count.textContent = chosen || "";
  }
}
customElements.define("check-all", CheckAll);
