// Our own elements, one file each. Every page works without them.
import "./auto-submit.js";
import "./check-all.js";
import "./copy-row.js";
import "./site-preview.js";
import "./count-down.js";
import "./theme-switch.js";
