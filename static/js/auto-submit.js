// A form whose choices work at once; its button shows only where this file doesn't run.
class AutoSubmit extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    for (const button of form?.querySelectorAll("button") ?? []) button.hidden = true;
    this.addEventListener("change", () => form?.requestSubmit());
  }
}
customElements.define("auto-submit", AutoSubmit);
