// The editor: the one owner of the page. One operation log gives one undo over words, order and settings.
import * as dialogs from "./dialogs.js";
import { $, icon } from "./dom.js";
import { Kept } from "./kept.js";
import { Log, at, clone } from "./log.js";
import { Outline } from "./outline.js";
import { Panel } from "./panel.js";
import { Saver } from "./saver.js";

const data = JSON.parse(document.getElementById("editor-data").textContent);
const { words } = data;
const frame = $("iframe");
let port;
let selected = "";

// The cookie holds the newest token: who signs in again in another tab gets another one.
const csrf = () => document.cookie.match(/(?:^|; )(?:__Host-)?[\w-]*csrf=([^;]+)/)?.[1] ?? data.csrf;

async function request(url, body) {
  const form = body instanceof FormData;
  const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
  if (!form) headers["Content-Type"] = "application/json";
  const response = await fetch(url, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
  const answer = await response.json().catch(() => null);
  // an answer that isn't ours (a sign-in page, a proxy's) means that nothing was stored
  return { status: answer ? response.status : 0, answer: answer ?? {} };
}

const say = (text) => {
  $("#said").textContent = text;
};

function state(name, text) {
  const line = $("#state");
  line.dataset.state = name;
  const glyph = { saved: "check", busy: "loader-circle", offline: "wifi-off" }[name] ?? "triangle-alert";
  line.replaceChildren(icon(glyph), Object.assign(document.createElement("span"), { textContent: text }));
  if (name !== "signedout") return;
  const link = Object.assign(document.createElement("a"), { href: data.urls.login, target: "_blank", textContent: words.signin });
  line.append(link);
}

const saver = new Saver({
  send: (content, base) => request(data.urls.save, { content, base }),
  version: data.version,
  words,
  show: state,
  conflict: (found) => askConflict(found),
  invalid: wrong,
});

const log = new Log(data.content, {
  changed(change) {
    saver.soon(log.content);
    $("#undone").hidden = true; // its button takes back the last step, and this is another one
    for (const each of document.querySelectorAll(".editor__canvas > .messages .callout--ok")) each.remove();
    for (const [name, can] of [["undo", log.canUndo], ["redo", log.canRedo]]) {
      for (const each of document.querySelectorAll(`#${name}, [data-press=${name}]`)) each.disabled = !can;
    }
    if (change.kind === "set" && change.typed) return panel.follow(change);
    if (change.kind === "set") paintBlock(change.block);
    else paint();
    if (!log.find(selected)) selected = log.blocks[0]?.id ?? "";
    // typing in the panel must not lose the cursor: only what has no cursor is drawn again
    if (change.kind !== "set" || change.block !== selected || !typingInPanel()) panel.show(selected);
    outline.draw(selected);
  },
});

const typingInPanel = () => document.activeElement?.matches?.("#panel :is(input:not([type=radio], [type=checkbox], [type=file]), textarea)");

const panel = new Panel($("#panel"), {
  data,
  log,
  words,
  request,
  act: (name, id) => acts[name](id),
  close: () => sheet("none"),
});
const outline = new Outline($("#outline"), { data, log, words, select, move });

function wrong(errors) {
  outline.flagged = panel.errors(errors, log.blocks);
  outline.draw(selected);
}

// --- what the frame shows
async function paint() {
  if (!port) return;
  const { status, answer } = await request(data.urls.render, { content: log.content });
  if (status === 200) {
    port.postMessage({ t: "page", ...answer, theme: data.theme, lang: data.lang });
    wrong([]);
    if (selected) port.postMessage({ t: "select", block: selected });
  } else if (status === 422) wrong(answer.errors);
}

const painting = new Map();
function paintBlock(id) {
  clearTimeout(painting.get(id));
  const later = async () => {
    if (!port) return;
    const { status, answer } = await request(data.urls.render, { content: log.content, block: id });
    if (status === 200) {
      wrong([]);
      port.postMessage({ t: "block", id, ...answer });
    } else if (status === 422) wrong(answer.errors);
  };
  painting.set(id, setTimeout(later, 120));
}

// --- what can be done with a block
function select(id, scroll = false) {
  selected = id;
  outline.mark(id);
  panel.show(id);
  port?.postMessage({ t: "select", block: id, scroll });
}

const titleOf = (id) => data.blocks[log.find(id)?.type]?.title ?? "";
const indexOf = (id) => log.blocks.findIndex((block) => block.id === id);

function move(id, to) {
  const from = indexOf(id);
  if (to < 0 || to >= log.blocks.length) return;
  log.commit({ kind: "move", block: id, to });
  outline.draw(selected, document.activeElement === document.body ? "" : `${id}${to - from}`);
  say(words.moved.replace("%s", titleOf(id)).replace("%n", to + 1).replace("%m", log.blocks.length));
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => "abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36]).join("");
}

function insert(type, after) {
  const block = { ...clone(data.blocks[type].blank), id: newId() };
  const index = indexOf(after);
  log.commit({ kind: "insert", at: index < 0 ? log.blocks.length : index + 1, value: block });
  select(block.id, true);
  say(words.added.replace("%s", data.blocks[type].title));
}

const acts = {
  up: (id) => move(id, indexOf(id) - 1),
  down: (id) => move(id, indexOf(id) + 1),
  add: (id) => pick(id),
  remove(id) {
    const index = indexOf(id);
    const name = titleOf(id);
    log.commit({ kind: "delete", block: id });
    select(log.blocks[Math.max(0, index - 1)]?.id ?? "");
    $("#undone").hidden = false;
    $("#undone p").textContent = words.removed.replace("%s", name);
    $("#outline-title").focus();
  },
  duplicate(id) {
    const copy = { ...clone(log.find(id)), id: newId() };
    if ("anchor" in copy) copy.anchor = "";
    log.commit({ kind: "insert", at: indexOf(id) + 1, value: copy });
    select(copy.id, true);
  },
};

// --- dialogs
const pick = dialogs.picker({ words, insert, above: titleOf });
const askLink = dialogs.link((href) => port.postMessage({ t: "command", name: "link", href }));
const askPublish = dialogs.publishing({
  url: data.urls.publish,
  async settled() {
    await saver.flush();
    return saver.clean;
  },
});
const askConflict = dialogs.conflict({
  theirs(found) {
    log.replace(found.content);
    saver.settle(found.version);
    state("saved", words.saved.replace("%s", "").trim());
    select(log.blocks[0]?.id ?? "");
    paint();
    outline.draw(selected);
  },
  mine(found) {
    saver.settle(found.version);
    saver.now(log.content);
  },
  async copy(found) {
    const { status, answer } = await request(data.urls.copy, { content: log.content });
    if (status === 200) {
      saver.settle(found.version);
      location.assign(answer.url);
    } else askConflict(found); // both are still there: ask again
  },
});

// --- the frame's messages
const heard = {
  ready() {
    const names = Object.fromEntries(Object.entries(data.blocks).map(([type, { title }]) => [type, title]));
    const { bar, moveup: up, movedown: down, duplicate, remove, addblock: add } = words;
    port.postMessage({ t: "look", bodyClass: data.bodyClass, words: { names, bar, up, down, duplicate, remove, add } });
    paint();
  },
  set({ block, path, value }) {
    log.commit({ kind: "set", block, path, value, typed: true });
  },
  select: ({ block }) => select(block),
  act: ({ act, block }) => acts[act]?.(block),
  undo: () => log.undo(),
  redo: () => log.redo(),
  leave: ({ block }) => outline.focus(block ?? selected),
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

// --- buttons and keys
function sheet(name) {
  $("#editor").dataset.sheet = name;
  for (const each of document.querySelectorAll("[data-sheet-open]")) each.setAttribute("aria-expanded", String(each.dataset.sheetOpen === name));
}
const pressed = {
  undo: () => log.undo(),
  redo: () => log.redo(),
  add: () => pick(selected),
};
for (const [name, act] of Object.entries(pressed)) {
  for (const each of document.querySelectorAll(`#${name}, [data-press=${name}]`)) each.addEventListener("click", act);
}
$("#undone button").addEventListener("click", () => {
  log.undo();
  $("#undone").hidden = true;
});
for (const each of document.querySelectorAll("[data-width]")) {
  each.addEventListener("click", () => {
    $("#canvas").dataset.width = each.dataset.width;
    for (const other of document.querySelectorAll("[data-width]")) other.setAttribute("aria-pressed", String(other === each));
  });
}
for (const each of document.querySelectorAll("[data-sheet-open]")) {
  each.addEventListener("click", () => sheet($("#editor").dataset.sheet === each.dataset.sheetOpen ? "none" : each.dataset.sheetOpen));
}
$("[data-sheet-close]").addEventListener("click", () => sheet("none"));
for (const each of document.querySelectorAll("#textbar [data-command]")) {
  each.addEventListener("click", () => (each.dataset.command === "link" ? askLink() : port.postMessage({ t: "command", name: each.dataset.command })));
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    event.shiftKey ? log.redo() : log.undo();
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && selected && !typing) {
    event.preventDefault();
    acts[event.key === "ArrowUp" ? "up" : "down"](selected);
  }
  if (event.key === "Escape" && $("#editor").dataset.sheet !== "none") sheet("none");
});
$("#publish").addEventListener("click", (event) => {
  event.preventDefault();
  askPublish();
});

// --- what an earlier visit could not save any more
Kept.of(data.page).then((kept) => {
  saver.kept = kept;
  const { found } = kept;
  if (!saver.clean) kept.write(log.content, saver.version);
  else if (found && JSON.stringify(found.content) !== JSON.stringify(data.content)) {
    log.replace(found.content);
    saver.version = found.version; // when somebody saved since then, the server says so and both versions are kept
    saver.soon(log.content);
    select(log.blocks[0]?.id ?? "");
    outline.draw(selected);
    paint();
    say(words.recovered);
  } else kept.clear();
});
outline.draw("");
const asked = new URLSearchParams(location.search);
select(log.find(asked.get("block")) ? asked.get("block") : log.blocks[0]?.id ?? "", asked.has("block"));
if (asked.get("path")) {
  panel.reveal(asked.get("path"));
  sheet("panel");
}
if (asked.size) history.replaceState(null, "", location.pathname + location.hash);
$("#online")?.showModal();
if (location.hash === "#publish") {
  history.replaceState(null, "", location.pathname);
  askPublish();
}
window.webanizrEditor = { log, saver, at };
