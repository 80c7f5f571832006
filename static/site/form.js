/* Forms of hosted sites: a message at the field, no double posts, and a small proof of work instead of a puzzle.
   The page works without this file: the server then asks for one more click. No storage, no third party. */
(() => {
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");

  /** Find the number whose SHA-256 with the salt is the target; null when there is none. */
  const solve = async ({ salt, target, max }) => {
    const text = new TextEncoder();
    for (let n = 0; n <= max; n++) {
      if (hex(await crypto.subtle.digest("SHA-256", text.encode(salt + n))) === target) return n;
    }
    return null;
  };

  const setUp = (form) => {
    const input = (name) => form.elements.namedItem(name);
    const button = form.querySelector("button[type=submit]");
    const wait = form.querySelector(".wait");
    let work;
    let sending = false;

    const prepare = () => {
      const token = input("challenge");
      if (work || !token || token.value || !window.crypto?.subtle) return work;
      work = (async () => {
        try {
          const answer = await fetch(form.action.replace(/\/?$/, "/c"), { headers: { Accept: "application/json" } });
          if (!answer.ok) return;
          const challenge = await answer.json();
          const number = await solve(challenge);
          if (number === null) return;
          token.value = challenge.token;
          input("solution").value = number;
        } catch {
          // Without a solution the server asks for one more click.
        }
      })();
      return work;
    };

    const holder = (control) => control.closest(".fl");

    const clear = (control) => {
      const box = holder(control);
      box?.querySelector(".err")?.remove();
      for (const one of box?.querySelectorAll("[aria-invalid]") ?? []) {
        one.removeAttribute("aria-invalid");
        const left = (one.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.endsWith("-e"));
        if (left.length) one.setAttribute("aria-describedby", left.join(" "));
        else one.removeAttribute("aria-describedby");
      }
    };

    const say = (control, text) => {
      const box = holder(control);
      if (!box) return;
      clear(control);
      const line = document.createElement("p");
      line.className = "err";
      line.id = `${control.id || box.id || control.name}-e`;
      line.textContent = text;
      box.append(line);
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", `${line.id} ${control.getAttribute("aria-describedby") || ""}`.trim());
    };

    /** Return the first control whose answer can't be sent, after saying why at each. */
    const check = () => {
      let first = null;
      const seen = new Set();
      const wrong = (control, text) => {
        if (seen.has(control.name)) return;
        seen.add(control.name);
        say(control, text);
        first ??= control;
      };
      for (const control of form.elements) {
        if (!control.willValidate || control.validity.valid || control.type === "submit") continue;
        const data = control.dataset;
        wrong(control, control.validity.valueMissing ? data.missing : data.wrong || control.validationMessage);
      }
      for (const group of form.querySelectorAll("[data-any]")) {
        if (!group.querySelector(":checked")) wrong(group.querySelector("input"), group.dataset.missing);
      }
      return first;
    };

    form.noValidate = true;
    form.addEventListener("focusin", prepare, { once: true });
    form.addEventListener("input", (event) => clear(event.target));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sending) return;
      const first = check();
      if (first) {
        first.focus();
        return;
      }
      sending = true;
      button.setAttribute("aria-disabled", "true");
      wait.textContent = wait.dataset.busy;
      await prepare();
      form.submit();
    });
    // The back button may show this page as it was left.
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      sending = false;
      work = null;
      button.removeAttribute("aria-disabled");
      wait.textContent = "";
      const token = input("challenge");
      if (token) token.value = "";
    });
  };

  for (const form of document.querySelectorAll("form[data-form]")) setUp(form);
})();
