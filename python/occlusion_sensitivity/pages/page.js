"use strict";
// The map is not in the page, but what it is made of: the drop under each mask, and with which weights imresize adds
// them up to a pixel. A pixel has the same value here as in Python, within the rounding to single.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const grids = data.grids.map((bytes) => {
    const view = new DataView(Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0)).buffer);
    return Float64Array.from({ length: view.byteLength / 4 }, (_, k) => view.getFloat32(4 * k, true));
  });
  const boxes = data.boxes ?? data.spans[0].flatMap((down) => data.spans[1].map((across) => [...down, ...across]));
  const [height, width] = data.seen_size;
  const [rows, columns] = data.grid_size;
  let shown = 0;
  let pointer = null; // row and column of the drawn picture, from 0
  let mask = null; // the place in the grid of the one that is outlined
  let wasPointed = false; // by the reader

  function drop(k, row, column) {
    return grids[k][row * columns + column];
  }

  function valueAt(k, row, column) {
    const [vertical, horizontal] = data.weights;
    let sum = 0;
    for (let i = 0; i < vertical.count; i++) {
      const weight = vertical.weights[row * vertical.count + i];
      if (weight === 0) continue;
      let line = 0;
      for (let j = 0; j < horizontal.count; j++) {
        const share = horizontal.weights[column * horizontal.count + j];
        if (share !== 0) {
          line += share * drop(k, vertical.indices[row * vertical.count + i], horizontal.indices[column * horizontal.count + j]);
        }
      }
      sum += weight * line;
    }
    return sum;
  }

  function mapOf(k) {
    const found = new Float32Array(height * width);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) found[row * width + column] = valueAt(k, row, column);
    }
    return found;
  }

  function number(value) {
    if (!Number.isFinite(value)) return "no finite value";
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size >= 1e-3 && size < 1e5 ? value.toFixed(4) : value.toPrecision(3);
  }

  // Colours: those of Python's scale, as opaque as the sliders say.
  function alphas() {
    const opacity = Number(element("opacity").value) / 100;
    const threshold = Number(element("threshold").value) / 100;
    return data.strengths.map((strength) => (strength < threshold ? 0 : Math.min(1, strength / data.fully_coloured) * opacity));
  }

  function paint(model) {
    const alpha = alphas();
    const hex = (share) => Math.round(255 * share).toString(16).padStart(2, "0");
    model("colours").palette = data.colours.map((colour, k) => colour + hex(alpha[k]));
    const grey = data.grey;
    const mixed = data.colours.map((colour, k) => {
      const part = (from) => Math.round(parseInt(colour.slice(from, from + 2), 16) * alpha[k] + grey * (1 - alpha[k]));
      return `rgb(${part(1)},${part(3)},${part(5)})`;
    });
    const [low, bar, high] = element("colours").children;
    low.textContent = data.is_empty ? "" : number(data.low);
    high.textContent = data.is_empty ? "" : number(data.high);
    bar.style.background = data.is_empty ? "none" : `linear-gradient(to right, ${mixed.join(",")})`;
    element("opacity-value").textContent = `${element("opacity").value} %`;
    element("threshold-value").textContent = `${element("threshold").value} % of the strongest`;
  }

  function nearest(row, column) {
    // The mask whose middle is nearest; row and column are in pixels of the photograph.
    let best = 0;
    let least = Infinity;
    boxes.forEach(([row0, row1, column0, column1], k) => {
      const apart = ((row0 + row1) / 2 - row) ** 2 + ((column0 + column1) / 2 - column) ** 2;
      if (apart < least) [best, least] = [k, apart];
    });
    return best;
  }

  function effect(drop) {
    if (!Number.isFinite(drop)) return `gives a ${data.score_name} that is not finite`;
    return `${drop < 0 ? "raises" : "lowers"} the ${data.score_name} by ${number(Math.abs(drop))}`;
  }

  function point(model, row, column, chosen = null) {
    pointer = [row, column];
    const [top, left] = data.seen_from;
    const [photographRow, photographColumn] = [(row + 0.5) * data.photograph_per_pixel[0], (column + 0.5) * data.photograph_per_pixel[1]];
    const here = `Row ${Math.floor(photographRow) + 1}, column ${Math.floor(photographColumn) + 1}: `;
    const [seenRow, seenColumn] = [row - top, column - left];
    if (boxes.length > 0) mask = chosen ?? nearest(photographRow, photographColumn);
    const outlines = [model("mask"), model("mask-edge")];
    if (seenRow < 0 || seenColumn < 0 || seenRow >= height || seenColumn >= width) {
      element("values").textContent = `${here}the network did not see this part.`;
      for (const outline of outlines) outline.visible = false;
      return;
    }
    let text = `${here}${number(valueAt(shown, seenRow, seenColumn))}. `;
    if (boxes.length > 0) {
      const [row0, row1, column0, column1] = boxes[mask];
      const span = (first, end) => `${Math.floor(first) + 1}–${Math.max(Math.floor(first) + 1, Math.round(end))}`;
      text += `The nearest mask, rows ${span(row0, row1)} and columns ${span(column0, column1)}, ${effect(grids[shown][mask])}.`;
      const [vertical, horizontal] = data.photograph_per_pixel;
      const place = { left: [column0 / horizontal], right: [column1 / horizontal], top: [row0 / vertical], bottom: [row1 / vertical] };
      for (const outline of outlines) {
        outline.data_source.data = place;
        outline.visible = true;
      }
    }
    element("values").textContent = text;
  }

  function pointAtMask(model, k) {
    const [row0, row1, column0, column1] = boxes[k];
    const [vertical, horizontal] = data.photograph_per_pixel;
    point(model, Math.floor((row0 + row1) / 2 / vertical), Math.floor((column0 + column1) / 2 / horizontal), k);
  }

  function pointAtStrongest(model) {
    if (boxes.length === 0) return;
    pointAtMask(model, grids[shown].reduce((best, value, k, all) => (value > all[best] || Number.isNaN(all[best]) ? k : best), 0));
  }

  function pixelAt(event) {
    const box = element("picture").getBoundingClientRect();
    const inner = [event.clientX - box.left - 1, event.clientY - box.top - 1]; // within the border
    const [tall, wide] = data.size;
    const column = Math.floor((inner[0] / (box.width - 2)) * wide);
    const row = Math.floor((inner[1] / (box.height - 2)) * tall);
    return [Math.min(tall - 1, Math.max(0, row)), Math.min(wide - 1, Math.max(0, column))];
  }

  function step(model, down, right) {
    const clamp = (value, most) => Math.min(most - 1, Math.max(0, value));
    wasPointed = true;
    if (boxes.length > 0) {
      const [row, column] = [Math.floor(mask / columns), mask % columns];
      pointAtMask(model, clamp(row + down, rows) * columns + clamp(column + right, columns));
      return;
    }
    const [tall, wide] = data.size;
    const stride = [Math.max(1, Math.round(height / rows)), Math.max(1, Math.round(width / columns))];
    const [row, column] = pointer ?? [Math.floor(tall / 2) - down * stride[0], Math.floor(wide / 2) - right * stride[1]];
    point(model, clamp(row + down * stride[0], tall), clamp(column + right * stride[1], wide));
  }

  function show(model, k) {
    shown = k;
    const source = model("map").data_source;
    const FloatArray = source.data.image[0].constructor; // Bokeh's own, which knows its shape
    source.data = { image: [new FloatArray(mapOf(k), [height, width])] };
    if (wasPointed) point(model, ...pointer, mask);
    else pointAtStrongest(model);
  }

  function start(plot) {
    const model = (name) => plot.document.get_model_by_name(name);
    show(model, 0);
    paint(model);
    element("opacity").addEventListener("input", () => paint(model));
    element("threshold").addEventListener("input", () => paint(model));
    element("class")?.addEventListener("change", (event) => show(model, Number(event.target.value)));
    const picture = element("picture");
    for (const kind of ["pointermove", "pointerdown"]) {
      const follow = (event) => {
        wasPointed = true;
        point(model, ...pixelAt(event));
      };
      picture.addEventListener(kind, follow, true);
    }
    const keys = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    picture.addEventListener("keydown", (event) => {
      if (!(event.key in keys) || event.altKey || event.ctrlKey || event.metaKey) return; // those are the browser's
      event.preventDefault();
      step(model, ...keys[event.key]);
    });
    document.body.dataset.ready = "true";
  }

  function whenDrawn() {
    const [drawn] = Bokeh.documents;
    const plot = drawn?.get_model_by_name("plot");
    if (plot) start(plot);
    else setTimeout(whenDrawn, 20);
  }
  whenDrawn();
})();
