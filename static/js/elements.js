// Our own elements, one file each. Every page works without them.
import "./theme-switch.js";
import "./copy-row.js";
import "./check-all.js";
