import { addObject } from "./add.js";
import { inside } from "./place.js";

/** @type {import("../types.js").Tool} */
export const point = {
  id: "point",
  title: "Point",
  icon: "M12 3v6M12 15v6M3 12h6M15 12h6M12 11.5v1",
  keys: ["i"],
  cursor: "crosshair",
  hint: "Click where an object is.",
  down(event, editor) {
    if (event.button === 0) void addObject(editor, { kind: "point", shape: [[inside(event, editor)]] });
  },
};
