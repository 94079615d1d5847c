// The same objects as simply as they can be drawn: SVG elements, or a canvas on which all is drawn again each frame.

const COLORS = ["#56b4e9", "#e69f00", "#009e73"];

/** SVG: moving it sets one attribute, dragging a vertex sets the path of one element. */
function svgOf(shapes) {
  const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const [svg, group] = [make("svg"), make("g")];
  svg.setAttribute("width", String(innerWidth));
  svg.setAttribute("height", String(innerHeight));
  const pathOf = (shape) => shape.map((ring) => `M${pairs(ring).join("L")}Z`).join("");
  const paths = shapes.map((shape, n) => {
    const path = make("path");
    path.setAttribute("d", pathOf(shape));
    path.setAttribute("fill", COLORS[n % 3]);
    path.setAttribute("fill-opacity", "0.2");
    path.setAttribute("fill-rule", "evenodd");
    path.setAttribute("stroke", COLORS[n % 3]);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    return path;
  });
  group.append(...paths);
  svg.append(group);
  document.body.append(svg);
  return ({ scale, x, y }, moved) => {
    group.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    if (moved !== undefined) paths[0].setAttribute("d", pathOf(withMoved(shapes[0], moved)));
  };
}

/** One canvas: whatever changes, all of it is drawn again. */
function canvasOf(shapes) {
  const canvas = document.createElement("canvas");
  canvas.width = innerWidth;
  canvas.height = innerHeight;
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  return ({ scale, x, y }, moved) => {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, x, y);
    context.lineWidth = 1 / scale;
    shapes.forEach((shape, n) => {
      context.beginPath();
      for (const ring of n === 0 && moved !== undefined ? withMoved(shape, moved) : shape) {
        for (let i = 0; i < ring.length; i += 2) context.lineTo(ring[i], ring[i + 1]);
        context.closePath();
      }
      context.globalAlpha = 0.2;
      context.fillStyle = context.strokeStyle = COLORS[n % 3];
      context.fill("evenodd");
      context.globalAlpha = 1;
      context.stroke();
    });
  };
}

function withMoved([[, , ...rest], ...others], moved) {
  return [[moved, moved, ...rest], ...others];
}

function pairs(ring) {
  return Array.from({ length: ring.length / 2 }, (_, n) => `${ring[2 * n]} ${ring[2 * n + 1]}`);
}

/** Frame times of pan, zoom and a vertex that moves; one new picture a frame. */
globalThis.benchmarkNaive = async (kind, shapes, [width, height], count) => {
  document.body.replaceChildren();
  document.body.style.margin = "0";
  const draw = { svg: svgOf, canvas: canvasOf }[kind](shapes);
  const scale = Math.min(innerWidth / width, innerHeight / height);
  const zoomed = (factor) => ({ scale: scale * factor, x: (innerWidth / 2) * (1 - factor), y: (innerHeight / 2) * (1 - factor) });
  const gestures = {
    pan: (n) => draw({ scale, x: (n % 60) * 2, y: n % 60 }),
    zoom: (n) => draw(zoomed(Math.exp(0.02 * Math.abs((n % 40) - 20)))),
    drag: (n) => draw({ scale, x: 0, y: 0 }, 100 + n),
  };
  const result = {};
  for (const [name, step] of Object.entries(gestures)) result[name] = await timed(step, count);
  document.body.replaceChildren();
  return result;
};

async function timed(step, count) {
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await next();
  const times = [await next()];
  for (let n = 0; n < count; n++) {
    step(n);
    times.push(await next());
  }
  return times.slice(1).map((time, n) => time - times[n]);
}
