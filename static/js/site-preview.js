// Shows a website in the frame on the hosting origin, beside the form that changes it. The page comes from `data-source`;
// with `data-form` the form's values go along (data-with="values") or only the look changes (data-with="look").
class SitePreview extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe");
    this.form = document.getElementById(this.dataset.form ?? "");
    this.heard = (event) => this.hello(event);
    window.addEventListener("message", this.heard);
    this.form?.addEventListener("input", () => this.soon());
    this.form?.addEventListener("change", (event) => this.ownHue(event));
    this.frame.src = this.dataset.frame;
    this.hidden = false;
  }

  disconnectedCallback() {
    window.removeEventListener("message", this.heard);
  }

  hello(event) {
    if (event.source !== this.frame.contentWindow || event.data !== "wz-frame-loaded") return;
    const channel = new MessageChannel();
    this.port = channel.port1;
    this.port.onmessage = ({ data }) => data.t === "ready" && this.show();
    this.frame.contentWindow.postMessage("wz-port", "*", [channel.port2]);
  }

  async show() {
    const values = this.dataset.with === "values" ? `?${new URLSearchParams(new FormData(this.form))}` : "";
    const response = await fetch(this.dataset.source + values, { headers: { Accept: "application/json" } }).catch(() => null);
    const page = response?.ok ? await response.json().catch(() => null) : null;
    if (!page) return;
    this.port.postMessage({ t: "look", bodyClass: page.bodyClass });
    this.port.postMessage({ t: "page", ...page });
    if (this.dataset.with === "look") this.look();
  }

  soon() {
    if (!this.port) return;
    clearTimeout(this.timer);
    const wait = this.dataset.with === "values" ? 250 : 60;
    this.timer = setTimeout(() => (this.dataset.with === "values" ? this.show() : this.look()), wait);
  }

  // a theme starts in its own colour
  ownHue({ target }) {
    if (target.name !== "theme" || !target.dataset.hue) return;
    this.form.elements.namedItem("hue").value = target.dataset.hue;
    this.soon();
  }

  look() {
    const { theme, hue, vividness } = Object.fromEntries(new FormData(this.form));
    const sheet = this.dataset.theme.replace("THEME-0-0", `${theme}-${hue}-${vividness}`);
    this.port.postMessage({ t: "look", bodyClass: `site site-${theme}`, theme: sheet });
    const output = this.form.querySelector("output");
    if (output) output.textContent = hue;
  }
}
customElements.define("site-preview", SitePreview);
