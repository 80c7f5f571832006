// What isn't stored yet lies in this browser, per page and per tab: two tabs of one person never overwrite each other's,
// and what a tab left behind that is gone is found by the next one. A lock tells which tabs are alive.
const PREFIX = "webanizr.draft.";
const TAB = "webanizr.tab";

export class Kept {
  static async of(page) {
    const prefix = `${PREFIX}${page}.`;
    const held = await navigator.locks.query().then(
      ({ held: locks }) => new Set(locks.map(({ name }) => name)),
      () => new Set(),
    );
    let tab = sessionStorage.getItem(TAB);
    const again = performance.getEntriesByType("navigation")[0]?.type === "reload";
    if (!tab || (held.has(prefix + tab) && !again)) tab = crypto.randomUUID(); // a copied tab gets a name of its own
    sessionStorage.setItem(TAB, tab);
    const own = prefix + tab;
    navigator.locks.request(own, () => new Promise(() => {})).catch(() => {});
    const left = Object.keys(localStorage).filter((key) => key.startsWith(prefix) && (key === own || !held.has(key)));
    const found = left.map((key) => ({ key, ...read(key) })).sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
    return new Kept(own, found.find((each) => each.content) ?? null);
  }

  constructor(key, found) {
    this.key = key;
    this.found = found;
  }

  write(content, version) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ content, version, time: Date.now() }));
    } catch {
      // a full or forbidden storage only means that a crash loses the last second
    }
  }

  clear() {
    localStorage.removeItem(this.key);
    if (this.found) localStorage.removeItem(this.found.key);
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return {};
  }
}
