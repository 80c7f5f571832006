// The operation log: set, insert, move, delete, each with its inverse.
export const clone = (value) => structuredClone(value);

export function at(block, path) {
  return path.split(".").reduce((value, step) => value?.[step], block);
}

function put(block, path, value) {
  const steps = path.split(".");
  const last = steps.pop();
  let target = block;
  for (const step of steps) target = target[step];
  const old = target[last];
  target[last] = value;
  return old;
}

export class Log {
  #past = [];
  #future = [];

  constructor(content, { changed }) {
    this.content = clone(content);
    this.changed = changed;
  }

  get blocks() {
    return this.content.blocks;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  find(id) {
    return this.blocks.find((block) => block.id === id);
  }

  #apply(op) {
    const { blocks } = this;
    const index = blocks.findIndex((block) => block.id === op.block);
    if (op.kind === "set") {
      return { ...op, value: put(blocks[index], op.path, clone(op.value)) };
    }
    if (op.kind === "move") {
      const [block] = blocks.splice(index, 1);
      blocks.splice(op.to, 0, block);
      return { kind: "move", block: op.block, to: index };
    }
    if (op.kind === "delete") {
      const [value] = blocks.splice(index, 1);
      return { kind: "insert", at: index, value };
    }
    blocks.splice(op.at, 0, clone(op.value));
    return { kind: "delete", block: op.value.id };
  }

  commit(op) {
    if (op.kind === "set" && (!this.find(op.block) || JSON.stringify(at(this.find(op.block), op.path)) === JSON.stringify(op.value))) return;
    const inverse = this.#apply(op);
    const last = this.#past.at(-1);
    const now = Date.now();
    // typing in one place within a second is one step back
    if (op.kind === "set" && last?.op.kind === "set" && last.op.block === op.block && last.op.path === op.path && now - last.time < 1000) {
      last.op = op;
      last.time = now;
    } else {
      this.#past.push({ op, inverse, time: now });
    }
    this.#future = [];
    this.changed(op);
  }

  undo() {
    const step = this.#past.pop();
    if (!step) return;
    this.#apply(step.inverse);
    this.#future.push(step);
    this.changed({ ...step.inverse, typed: false });
  }

  redo() {
    const step = this.#future.pop();
    if (!step) return;
    step.inverse = this.#apply(step.op);
    step.time = 0;
    this.#past.push(step);
    this.changed({ ...step.op, typed: false });
  }

  replace(content) {
    this.content = clone(content);
    this.#past = [];
    this.#future = [];
  }
}
