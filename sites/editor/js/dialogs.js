// The editor's dialogs: choosing a block, putting online, a link, and two people on one page.
import { $ } from "./dom.js";

export function picker({ words, insert, above }) {
  const dialog = $("#picker");
  let place = "";
  for (const each of dialog.querySelectorAll("[data-type]")) {
    each.addEventListener("click", () => {
      dialog.close();
      insert(each.dataset.type, place);
    });
  }
  return (after) => {
    place = after;
    const name = above(after);
    $("#picker-place").textContent = name ? words.under.replace("%s", name) : "";
    dialog.showModal();
    dialog.querySelector("[data-type]").focus();
  };
}

// What changes and what is checked comes from the server, as on its own page; without an answer that page opens.
export function publishing({ url, settled }) {
  const dialog = $("#publishing");
  const body = dialog.querySelector(".dialog__body");
  body.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  return async () => {
    if (!(await settled())) return;
    const response = await fetch(url, { headers: { "X-Part": "dialog" } }).catch(() => null);
    const html = response?.ok && !response.redirected ? await response.text() : "";
    if (!html) {
      location.assign(url);
      return;
    }
    body.innerHTML = html;
    $("#publishing-title").textContent = body.querySelector("[data-title]").dataset.title;
    dialog.showModal();
  };
}

export function link(send) {
  const dialog = $("#link");
  dialog.addEventListener("close", () => {
    const href = dialog.returnValue === "set" ? $("#link-href").value.trim() : "";
    if (dialog.returnValue) send(href);
  });
  return () => {
    dialog.returnValue = "";
    $("#link-href").value = "";
    dialog.showModal();
  };
}

// Both versions are kept until somebody chooses. Closing by Escape decides nothing: the question comes again.
export function conflict({ theirs, mine, copy }) {
  const dialog = $("#conflict");
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  return (found) => {
    if (dialog.open) return;
    dialog.returnValue = "";
    dialog.onclose = () => ({ theirs, copy })[dialog.returnValue]?.(found) ?? (dialog.returnValue === "mine" && mine(found));
    dialog.showModal();
  };
}
