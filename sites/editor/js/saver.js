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
    for (const event of ["online", "focus"]) addEventListener(event, () => this.#dirty && this.#tries && this.#run());
    addEventListener("offline", () => this.#dirty && this.show("offline", this.words.offline));
  }

  get clean() {
    return !this.#dirty;
  }

  soon(content) {
    this.content = content;
    this.#dirty = true;
    this.kept?.write(content, this.version);
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
    this.kept?.clear();
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
        this.kept?.clear();
      } else {
        this.soon(this.content);
      }
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      if (!this.#dirty) this.show("saved", this.words.saved.replace("%s", time));
    } else if (result.status === 401) {
      this.show("signedout", this.words.signedout);
      this.#again();
    } else if (result.status === 403) {
      this.show("stopped", result.answer.message ?? this.words.signedout);
      this.#again();
    } else if (result.status === 409) {
      this.show("stopped", this.words.conflict);
      this.conflict(result.answer);
    } else if (result.status === 422) {
      this.show("stopped", this.words.invalid);
      this.invalid(result.answer.errors);
    } else {
      this.show("offline", this.words.offline);
      this.#again();
    }
  }

  #again() {
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#run(), Math.min(30000, 1000 * 2 ** this.#tries));
  }
}
