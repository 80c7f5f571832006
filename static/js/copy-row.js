// A value with a copy button; the button shows only where copying works, and says that it did.
class CopyRow extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      const use = button.querySelector("use");
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#check"));
      this.querySelector("[role=status]").textContent = button.dataset.done;
    });
  }
}
customElements.define("copy-row", CopyRow);
