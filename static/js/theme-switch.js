// Light, dark or as the device: kept in a cookie, so that the server draws the page right at once.
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const chosen = event.target.closest("button")?.value;
      if (!chosen) return;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `theme=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
      document.documentElement.dataset.theme = chosen;
      for (const button of document.querySelectorAll("theme-switch button")) {
        button.setAttribute("aria-pressed", String(button.value === chosen));
      }
    });
  }
}
customElements.define("theme-switch", ThemeSwitch);
