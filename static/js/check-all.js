// A list with checkboxes: one that chooses all, and Shift for a range.
class CheckAll extends HTMLElement {
  connectedCallback() {
    const all = this.querySelector("[data-all]");
    const boxes = () => [...this.querySelectorAll("input[type=checkbox]:not([data-all])")];
    let last = null;
    this.addEventListener("click", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
      const list = boxes();
      if (box === all) {
        for (const each of list) each.checked = all.checked;
      } else {
        if (event.shiftKey && last) {
          const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
          for (const each of list.slice(from, to + 1)) each.checked = box.checked;
        }
        last = box;
        if (all) all.checked = list.every((each) => each.checked);
      }
      this.toggleAttribute("data-chosen", list.some((each) => each.checked));
    });
  }
}
customElements.define("check-all", CheckAll);
