import { boxBetween } from "../core/handles.js";
import { CornersTool } from "./corners.js";

export const box = new CornersTool(
  {
    id: "box",
    title: "Box",
    icon: "M4 6h16v12H4z",
    keys: ["r"],
    hint: "Drag from corner to corner, or click both. Shift: a square. Alt: from the middle.",
  },
  ([x1, y1, x2, y2]) => ({ kind: "box", shape: [[boxBetween(x1, y1, x2, y2)]], params: null }),
);
