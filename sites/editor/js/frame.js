// Runs in the sandboxed frame (opaque origin). It owns no state: it shows HTML it is handed and reports what is typed.
import { baseKeymap, setBlockType, toggleMark } from "prosemirror-commands";
import { keymap } from "prosemirror-keymap";
import { Schema } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { Bar } from "./bar.js";

const safe = (href) => /^(https?:|mailto:|tel:|\/(?!\/)|#)/i.test(href) && !/[\u0000-\u0020]/.test(href);
const DOM = {
  paragraph: { group: "block", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
  heading: {
    group: "block",
    defining: true,
    parseDOM: [{ tag: "h2" }, { tag: "h3" }, { tag: "h4" }],
    toDOM: () => ["h3", 0],
  },
  bullet_list: { group: "block", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
  ordered_list: { group: "block", parseDOM: [{ tag: "ol" }], toDOM: () => ["ol", 0] },
  list_item: { defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
  hard_break: { group: "inline", parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  text: { group: "inline" },
  doc: {},
  link: {
    parseDOM: [{ tag: "a[href]", getAttrs: (dom) => safe(dom.getAttribute("href")) && { href: dom.getAttribute("href") } }],
    toDOM: (mark) => ["a", { href: mark.attrs.href }, 0],
  },
  strong: { parseDOM: [{ tag: "strong" }, { tag: "b" }], toDOM: () => ["strong", 0] },
  em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
};
const schemas = new Map();
const policy = window.trustedTypes
  ? trustedTypes.createPolicy("wz-server-html", { createHTML: (html) => html })
  : { createHTML: (html) => html };
let port;
let views = [];
let active = null;

const send = (message) => port.postMessage(message);
const bar = new Bar(send);
const split = (key) => [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];

function schemaOf(spec) {
  const key = JSON.stringify(spec);
  if (!schemas.has(key)) {
    const with_ = (parts) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { ...DOM[name], ...part }]));
    const { doc, ...rest } = with_(spec.nodes);
    schemas.set(key, new Schema({ nodes: { doc, ...rest }, marks: with_(spec.marks) }));
  }
  return schemas.get(key);
}

function commands(schema) {
  const { nodes, marks } = schema;
  const known = {
    bold: marks.strong && toggleMark(marks.strong),
    italic: marks.em && toggleMark(marks.em),
    bullet: nodes.bullet_list && wrapInList(nodes.bullet_list),
    ordered: nodes.ordered_list && wrapInList(nodes.ordered_list),
    heading: nodes.heading && setBlockType(nodes.heading, { level: 3 }),
    paragraph: nodes.paragraph && setBlockType(nodes.paragraph),
  };
  return Object.fromEntries(Object.entries(known).filter(([, command]) => command));
}

function mountRich(element, field) {
  const [block, path] = split(element.dataset.edit);
  const schema = schemaOf(field.spec);
  const list = schema.nodes.list_item;
  element.textContent = "";
  const view = new EditorView(element, {
    state: EditorState.create({
      doc: schema.nodeFromJSON(field.value),
      plugins: [
        keymap({
          ...(schema.marks.strong && { "Mod-b": toggleMark(schema.marks.strong) }),
          ...(schema.marks.em && { "Mod-i": toggleMark(schema.marks.em) }),
          ...(list && { Enter: splitListItem(list), "Mod-[": liftListItem(list), "Mod-]": sinkListItem(list) }),
          "Mod-z": () => (send({ t: "undo" }), true),
          "Shift-Mod-z": () => (send({ t: "redo" }), true),
          Escape: () => (send({ t: "leave", block }), true),
        }),
        keymap(baseKeymap),
      ],
    }),
    attributes: { role: "textbox", "aria-multiline": "true", "aria-label": element.dataset.label },
    dispatchTransaction(change) {
      view.updateState(view.state.apply(change));
      if (change.docChanged) send({ t: "set", block, path, value: view.state.doc.toJSON() });
    },
    handleDOMEvents: {
      focus: () => {
        active = view;
        send({ t: "rich", block, path, commands: [...Object.keys(commands(schema)), ...(schema.marks.link ? ["link"] : [])] });
      },
    },
  });
  view.key = element.dataset.edit;
  views.push(view);
}

function mountPlain(element) {
  const [block, path] = split(element.dataset.edit);
  element.setAttribute("contenteditable", "plaintext-only");
  element.setAttribute("role", "textbox");
  element.setAttribute("aria-label", element.dataset.label);
  element.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertParagraph" || event.inputType === "insertLineBreak") event.preventDefault();
  });
  element.addEventListener("focus", () => send({ t: "plain", block, path }));
  element.addEventListener("input", () => send({ t: "set", block, path, value: element.textContent }));
}

function wire(root, fields) {
  for (const element of root.querySelectorAll("[data-edit]")) {
    const field = fields[element.dataset.edit];
    if (element.dataset.kind === "rich" && field) mountRich(element, field);
    else if (element.dataset.kind === "plain") mountPlain(element);
  }
}

function unmount(root) {
  views = views.filter((view) => {
    if (root !== document.body && !root.contains(view.dom)) return true;
    view.destroy();
    return false;
  });
}

// The site's own colours and fonts. The former sheet stays until the new one is there: no flash without colours.
function dress(href) {
  const old = [...document.querySelectorAll("link[data-theme]")];
  if (old.at(-1)?.href === href) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  link.dataset.theme = "";
  link.addEventListener("load", () => old.forEach((each) => each.remove()));
  document.head.append(link);
}

function select(block) {
  for (const element of document.querySelectorAll("[data-block]")) {
    element.toggleAttribute("data-selected", element.dataset.block === block);
  }
  bar.show(block);
}

const on = {
  page({ html, fields, theme, lang }) {
    unmount(document.body);
    document.documentElement.lang = lang;
    dress(theme);
    document.body.innerHTML = policy.createHTML(html);
    document.body.className = on.bodyClass;
    wire(document.body, fields);
    bar.place();
    send({ t: "shown" });
  },
  block({ id, html, fields }) {
    const old = document.querySelector(`[data-block="${CSS.escape(id)}"]`);
    if (!old) return;
    unmount(old);
    const holder = document.createElement("template");
    holder.innerHTML = policy.createHTML(html);
    const fresh = holder.content.firstElementChild;
    if (!fresh) return;
    fresh.toggleAttribute("data-selected", old.hasAttribute("data-selected"));
    old.replaceWith(fresh);
    wire(fresh, fields);
    bar.place();
  },
  look({ bodyClass, words, theme }) {
    on.bodyClass = bodyClass;
    document.body.className = bodyClass;
    if (words) bar.words(words);
    if (theme) dress(theme);
  },
  select({ block, scroll }) {
    select(block);
    if (scroll) document.querySelector(`[data-block="${CSS.escape(block)}"]`)?.scrollIntoView({ block: "nearest", behavior: "auto" });
  },
  command({ name, href }) {
    if (!active) return;
    const { schema } = active.state;
    if (name === "link") {
      const command = href && safe(href) ? toggleMark(schema.marks.link, { href }) : toggleMark(schema.marks.link);
      command(active.state, active.dispatch);
    } else {
      commands(schema)[name]?.(active.state, active.dispatch);
    }
    active.focus();
  },
};
on.bodyClass = "site";

document.addEventListener("click", (event) => {
  if (event.target.closest(".eb-bar, .eb-add")) return;
  if (event.target.closest("a, button, summary")) event.preventDefault();
  const block = event.target.closest("[data-block]");
  if (block && port) {
    select(block.dataset.block);
    send({ t: "select", block: block.dataset.block });
  }
});
document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (!port) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    send({ t: event.shiftKey ? "redo" : "undo" });
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && bar.block) {
    event.preventDefault();
    send({ t: "act", act: event.key === "ArrowUp" ? "up" : "down", block: bar.block });
  } else if (event.key === "Escape") {
    send({ t: "leave", block: event.target.closest?.("[data-block]")?.dataset.block });
  }
});
window.addEventListener("message", (event) => {
  if (event.data !== "wz-port" || !event.ports[0] || port) return;
  port = event.ports[0];
  port.onmessage = ({ data }) => on[data.t]?.(data);
  send({ t: "ready" });
});
parent.postMessage("wz-frame-loaded", "*");
