// Passkeys, with the browser's own JSON helpers. Where they are missing the buttons stay hidden: a code by mail works.
const able = typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

class Passkey extends HTMLElement {
  connectedCallback() {
    if (!able) return;
    this.hidden = false;
    const form = this.querySelector("form");
    form.addEventListener("submit", async (event) => {
      const credential = form.elements.namedItem("credential");
      if (credential.value) return;
      event.preventDefault();
      try {
        credential.value = JSON.stringify((await this.ask(form)).toJSON());
        form.submit();
      } catch {
        form.querySelector("[role=alert]").hidden = false;
      }
    });
  }

  data() {
    return JSON.parse(document.getElementById("passkey-data").textContent);
  }

  get(options) {
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
  }
}

customElements.define("passkey-login", class extends Passkey {
  async ask(form) {
    const response = await fetch(form.action, { headers: { Accept: "application/json" } });
    return this.get((await response.json()).request_options);
  }
});

customElements.define("passkey-use", class extends Passkey {
  ask() {
    return this.get(this.data().request_options);
  }
});

customElements.define("passkey-add", class extends Passkey {
  ask() {
    const options = this.data().creation_options.publicKey;
    options.authenticatorSelection = { ...options.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
});
