import { ringCrossesItself } from "../core/crossing.js";
import { addObject } from "./add.js";
import { OutlineTool } from "./outline_tool.js";

export const polygon = new OutlineTool(
  {
    id: "polygon",
    title: "Polygon",
    icon: "M5 9l7-6 8 6-3 11H8z",
    keys: ["p"],
    hint: "Click vertices, or drag for freehand. The first vertex or Enter closes, Backspace takes back, Escape ends.",
  },
  (editor, ring) => {
    if (ringCrossesItself(ring))
      editor.notify("This outline crosses itself: what it goes round twice counts as outside.", "warning");
    void addObject(editor, { kind: "polygon", shape: [[ring]] });
  },
);
