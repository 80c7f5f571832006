// Autosave: within a second, with the version it started from; nothing is lost when the network drops or the tab dies.
const WAIT = 700;

export class Saver {
  #timer = 0;
  #tries = 0;
  #dirty = false;
  #busy = false;

  constructor(options) {
    Object.assign(this, options);
    addEventListener("beforeunload", (event) => {
      if (this.#dirty) event.preventDefault();
    });
    addEventListener("online", () => this.#dirty && this.#run());
  }

  get clean() {
    return !this.#dirty;
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  soon(content) {
    this.content = content;
    this.#dirty = true;
    try {
      localStorage.setItem(this.key, JSON.stringify({ content, version: this.version }));
    } catch {
      // a full or forbidden storage only means that a crash loses the last second
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), WAIT);
  }

  now(content) {
    this.soon(content);
    return this.flush(content);
  }

  async flush() {
    clearTimeout(this.#timer);
    while (this.#busy) await new Promise((done) => setTimeout(done, 30));
    if (this.#dirty) await this.#run();
  }

  settle(version) {
    this.version = version;
    this.#dirty = false;
    localStorage.removeItem(this.key);
  }

  async #run() {
    if (this.#busy) return this.soon(this.content);
    this.#busy = true;
    const sent = JSON.stringify(this.content);
    this.show("busy", this.words.saving);
    let result;
    try {
      result = await this.send(JSON.parse(sent), this.version);
    } catch {
      result = { status: 0 };
    }
    this.#busy = false;
    if (result.status === 200) {
      this.#tries = 0;
      this.version = result.answer.version;
      if (JSON.stringify(this.content) === sent) {
        this.#dirty = false;
        localStorage.removeItem(this.key);
      } else {
        this.soon(this.content);
      }
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      this.show("saved", this.words.saved.replace("%s", time));
    } else if (result.status === 409) {
      this.show("stopped", this.words.conflict);
      this.conflict(result.answer);
    } else if (result.status === 422) {
      this.show("stopped", this.words.invalid);
      this.invalid(result.answer.errors);
    } else {
      this.#tries += 1;
      this.show("offline", this.words.offline);
      this.#timer = setTimeout(() => this.#run(), Math.min(30000, 1000 * 2 ** this.#tries));
    }
  }
}
