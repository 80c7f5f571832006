// Bundles the editor's two scripts into static/editor/ and writes their manifest. Run: npm ci && npm run build.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = "../../../static/editor";
await build({
  entryPoints: ["frame.js", "editor.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "inline",
  outdir: out,
});
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
const packages = Object.entries(lock)
  .filter(([path]) => /node_modules\/(prosemirror|orderedmap|rope-sequence|w3c-keyname)/.test(path))
  .map(([path, { version, license }]) => ({ package: path.replace("node_modules/", ""), version, licence: license }));
const files = ["frame.js", "editor.js"].map((file) => ({
  file: `static/editor/${file}`,
  integrity: `sha384-${createHash("sha384").update(readFileSync(`${out}/${file}`)).digest("base64")}`,
}));
writeFileSync(`${out}/manifest.json`, `${JSON.stringify({ files, packages }, null, 1)}\n`);
