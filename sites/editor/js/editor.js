// The editor: the one owner of the page. One operation log gives one undo over words, order and settings.
import { Log, at, clone } from "./log.js";
import { Panel } from "./panel.js";
import { Saver } from "./saver.js";

const data = JSON.parse(document.getElementById("editor-data").textContent);
const words = data.words;
const $ = (selector) => document.querySelector(selector);
const frame = $("iframe");
const outline = $("#outline");
let port;
let selected = "";

const csrf = data.csrf;
async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  return { status: response.status, answer };
}

const say = (text) => {
  $("#said").textContent = text;
};

const saver = new Saver({
  key: `webanizr.draft.${data.page}`,
  send: (content, base) => post(data.urls.save, { content, base }),
  version: data.version,
  words,
  show(state, text) {
    $("#state").dataset.state = state;
    $("#state").textContent = text;
  },
  conflict: (theirs) => conflict(theirs),
  invalid: (errors) => panel.errors(errors, log.blocks),
});

const log = new Log(data.content, {
  changed(change) {
    saver.soon(log.content);
    $("#undo").disabled = !log.canUndo;
    $("#redo").disabled = !log.canRedo;
    if (change.kind === "set" && change.typed) return panel.follow(change);
    if (change.kind === "set") {
      paintBlock(change.block);
      panel.show(selected);
    } else {
      paint();
      panel.show(selected);
    }
    drawOutline();
  },
});

const panel = new Panel($("#panel"), {
  data,
  log,
  words,
  labelOf: (block) => data.blocks[block.type].title,
});

// --- what the frame shows
async function paint() {
  if (!port) return;
  const { status, answer } = await post(data.urls.render, { content: log.content });
  if (status === 200) {
    port.postMessage({ t: "page", ...answer, theme: data.theme, lang: data.lang });
    panel.errors([], log.blocks);
    if (selected) port.postMessage({ t: "select", block: selected });
  } else if (status === 422) {
    panel.errors(answer.errors, log.blocks);
  }
}

const painting = new Map();
function paintBlock(id) {
  clearTimeout(painting.get(id));
  painting.set(
    id,
    setTimeout(async () => {
      if (!port) return;
      const { status, answer } = await post(data.urls.render, { content: log.content, block: id });
      if (status === 200) {
        panel.errors([], log.blocks);
        port.postMessage({ t: "block", id, ...answer });
      } else if (status === 422) panel.errors(answer.errors, log.blocks);
    }, 120),
  );
}

// --- the outline
function drawOutline(focus = "") {
  outline.replaceChildren(
    ...log.blocks.map((block, index) => {
      const item = document.createElement("li");
      const name = data.blocks[block.type]?.title ?? block.type;
      const open = button("outline__open", name, () => select(block.id, true));
      open.append(icon(data.blocks[block.type]?.icon ?? "layout-grid"), Object.assign(document.createElement("span"), { textContent: name }));
      open.removeAttribute("aria-label");
      if (block.id === selected) open.setAttribute("aria-current", "true");
      open.dataset.block = block.id;
      item.append(open);
      for (const [step, glyph, label] of [[-1, "chevron-up", words.up], [1, "chevron-down", words.down]]) {
        const to = index + step;
        const place = words.place.replace("%n", index + 1).replace("%m", log.blocks.length);
        const mover = button("btn btn--icon btn--sm outline__move", `${name}, ${place}: ${label}`, () => move(block.id, to));
        mover.append(icon(glyph));
        mover.setAttribute("aria-disabled", String(to < 0 || to >= log.blocks.length));
        mover.dataset.mover = `${block.id}${step}`;
        item.append(mover);
      }
      return item;
    }),
  );
  if (focus) outline.querySelector(`[data-mover="${CSS.escape(focus)}"]`)?.focus();
}

function button(className, label, click) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.setAttribute("aria-label", label);
  element.addEventListener("click", click);
  return element;
}

function icon(name) {
  const template = document.getElementById("icon").content.firstElementChild.cloneNode(true);
  const use = template.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return template;
}

function select(id, scroll = false) {
  selected = id;
  for (const element of outline.querySelectorAll("[data-block]")) {
    if (element.dataset.block === id) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  }
  panel.show(id);
  $("#editor").dataset.sheet = "panel";
  port?.postMessage({ t: "select", block: id, scroll });
}

function move(id, to) {
  const from = log.blocks.findIndex((block) => block.id === id);
  if (to < 0 || to >= log.blocks.length) return;
  log.commit({ kind: "move", block: id, to });
  drawOutline(`${id}${to - from}`);
  say(words.moved.replace("%s", data.blocks[log.blocks[to].type].title).replace("%n", to + 1).replace("%m", log.blocks.length));
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => "abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36]).join("");
}

function insert(type) {
  const block = { ...clone(data.blocks[type].blank), id: newId() };
  const index = log.blocks.findIndex((each) => each.id === selected);
  log.commit({ kind: "insert", at: index < 0 ? log.blocks.length : index + 1, value: block });
  select(block.id, true);
  say(words.added.replace("%s", data.blocks[type].title));
}

function remove(id) {
  const index = log.blocks.findIndex((block) => block.id === id);
  const name = data.blocks[log.blocks[index].type].title;
  log.commit({ kind: "delete", block: id });
  select(log.blocks[Math.max(0, index - 1)]?.id ?? "");
  $("#undone").hidden = false;
  $("#undone p").textContent = words.removed.replace("%s", name);
  say(words.removed.replace("%s", name));
}

function duplicate(id) {
  const index = log.blocks.findIndex((block) => block.id === id);
  const copy = { ...clone(log.blocks[index]), id: newId() };
  if ("anchor" in copy) copy.anchor = "";
  log.commit({ kind: "insert", at: index + 1, value: copy });
  select(copy.id, true);
}

// --- conflict: both versions are kept
function conflict(theirs) {
  const dialog = $("#conflict");
  dialog.showModal();
  dialog.onclose = async () => {
    if (dialog.returnValue === "theirs") {
      log.replace(theirs.content);
      saver.settle(theirs.version);
      paint();
      drawOutline();
      panel.show(selected);
    } else if (dialog.returnValue === "copy") {
      const { status, answer } = await post(data.urls.copy, { content: log.content });
      if (status === 200) location.assign(answer.url);
    } else {
      saver.settle(theirs.version);
      saver.now(log.content);
    }
  };
}

// --- the frame's messages
const heard = {
  ready() {
    port.postMessage({ t: "look", bodyClass: data.bodyClass });
    paint();
  },
  set({ block, path, value }) {
    log.commit({ kind: "set", block, path, value, typed: true });
  },
  select: ({ block }) => select(block),
  undo: () => log.undo(),
  redo: () => log.redo(),
  leave: ({ block }) => outline.querySelector(`[data-block="${CSS.escape(block ?? selected)}"]`)?.focus(),
  rich({ block, commands }) {
    if (block !== selected) select(block);
    const bar = $("#textbar");
    bar.hidden = false;
    for (const each of bar.querySelectorAll("[data-command]")) each.hidden = !commands.includes(each.dataset.command);
  },
  plain({ block }) {
    if (block !== selected) select(block);
    $("#textbar").hidden = true;
  },
};
window.addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow || event.data !== "wz-frame-loaded") return;
  const channel = new MessageChannel();
  port = channel.port1;
  port.onmessage = ({ data: message }) => heard[message.t]?.(message);
  frame.contentWindow.postMessage("wz-port", "*", [channel.port2]);
});
frame.src = data.urls.frame;

// --- buttons
const click = (selector, act) => $(selector)?.addEventListener("click", act);
click("#undo", () => log.undo());
click("#redo", () => log.redo());
click("#undone button", () => {
  log.undo();
  $("#undone").hidden = true;
});
click("#add", () => $("#picker").showModal());
for (const each of document.querySelectorAll("#picker [data-type]")) {
  each.addEventListener("click", () => {
    $("#picker").close();
    insert(each.dataset.type);
  });
}
for (const each of document.querySelectorAll("[data-width]")) {
  each.addEventListener("click", () => {
    $("#canvas").dataset.width = each.dataset.width;
    for (const other of document.querySelectorAll("[data-width]")) other.setAttribute("aria-pressed", String(other === each));
  });
}
for (const each of document.querySelectorAll("[data-sheet-open]")) {
  each.addEventListener("click", () => {
    $("#editor").dataset.sheet = $("#editor").dataset.sheet === each.dataset.sheetOpen ? "none" : each.dataset.sheetOpen;
  });
}
for (const each of document.querySelectorAll("#textbar [data-command]")) {
  each.addEventListener("click", () => {
    if (each.dataset.command === "link") {
      $("#link").showModal();
      return;
    }
    port.postMessage({ t: "command", name: each.dataset.command });
  });
}
$("#link")?.addEventListener("close", () => {
  const href = $("#link").returnValue === "set" ? $("#link-href").value.trim() : "";
  if ($("#link").returnValue) port.postMessage({ t: "command", name: "link", href });
});
document.addEventListener("webanizr:block", ({ detail }) => ({ remove, duplicate })[detail.act](detail.id));
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    event.shiftKey ? log.redo() : log.undo();
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && selected) {
    event.preventDefault();
    move(selected, log.blocks.findIndex((block) => block.id === selected) + (event.key === "ArrowUp" ? -1 : 1));
  }
});
$("#publish")?.addEventListener("click", async (event) => {
  event.preventDefault();
  await saver.flush(log.content);
  if (saver.clean) location.assign(event.currentTarget?.href ?? data.urls.publish);
});

const kept = saver.kept();
if (kept && JSON.stringify(kept.content) !== JSON.stringify(data.content) && kept.version === data.version) {
  log.replace(kept.content);
  saver.soon(log.content);
  say(words.recovered);
}
drawOutline();
select(log.blocks[0]?.id ?? "");
$("#editor").dataset.sheet = "none";
window.webanizrEditor = { log, saver, at };
