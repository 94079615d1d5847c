import { ellipseRing } from "../core/figures.js";
import { CornersTool } from "./corners.js";

export const ellipse = new CornersTool(
  {
    id: "ellipse",
    title: "Ellipse",
    icon: "M3 12a9 6.5 0 1 0 18 0a9 6.5 0 1 0-18 0",
    keys: ["o"],
    hint: "Drag from corner to corner, or click both. Shift: a circle. Alt: from the middle.",
  },
  ([x1, y1, x2, y2]) => {
    const params = [(x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2, 0];
    return { kind: "ellipse", shape: [[ellipseRing(params)]], params };
  },
);
