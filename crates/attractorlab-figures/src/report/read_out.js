// Shows the values of the nearest point of a figure under the pointer. The drawing holds all that is
// needed: panels carry their axes, marks their positions. Without this script the page loses nothing else.
"use strict";
(() => {
  const box = document.body.appendChild(document.createElement("div"));
  box.id = "read-out";
  const reach = 12;
  const cache = new WeakMap();

  const ruler = (text) => {
    const [scale, ...numbers] = text.split(" ");
    const [low, high, start, end] = numbers.map(Number);
    const digits = Math.max(high - low, Number.MIN_VALUE);
    return {
      inside: (p) => p >= Math.min(start, end) - 0.1 && p <= Math.max(start, end) + 0.1,
      value: (p) => {
        const at = low + ((p - start) / (end - start)) * (high - low);
        if (scale === "log") return Number((10 ** at).toPrecision(3)).toString();
        // Positions are exact to about a ten-thousandth of the axis; more digits would be invented.
        const step = 10 ** Math.floor(Math.log10(digits / 2000));
        return Number((Math.round(at / step) * step).toPrecision(6)).toString();
      },
    };
  };

  const read = (panel) => {
    if (cache.has(panel)) return cache.get(panel);
    const x = ruler(panel.dataset.x), y = ruler(panel.dataset.y);
    const points = [];
    const add = (px, py, label) => {
      if (x.inside(px) && y.inside(py)) points.push({ px, py, label });
    };
    for (const group of panel.querySelectorAll("g.dots"))
      for (const mark of group.children) {
        const b = mark.getBBox();
        add(b.x + b.width / 2, b.y + b.height / 2, group.dataset.label);
      }
    for (const line of panel.querySelectorAll("path.line"))
      for (const m of line.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g))
        add(Number(m[1]), Number(m[2]), line.dataset.label);
    const found = { x, y, points, names: [panel.dataset.xLabel || "x", panel.dataset.yLabel || "y"] };
    cache.set(panel, found);
    return found;
  };

  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest && event.target.closest("figure svg");
    let best = null;
    if (svg) {
      const place = svg.getScreenCTM();
      for (const panel of svg.querySelectorAll("g.panel")) {
        const { x, y, points, names } = read(panel);
        for (const point of points) {
          const dx = place.a * point.px + place.e - event.clientX;
          const dy = place.d * point.py + place.f - event.clientY;
          const far = Math.hypot(dx, dy);
          if (far < reach && (!best || far < best.far)) best = { far, point, x, y, names };
        }
      }
    }
    box.style.display = best ? "block" : "none";
    if (!best) return;
    const { point, x, y, names } = best;
    const lines = [`${names[0]}: ${x.value(point.px)}`, `${names[1]}: ${y.value(point.py)}`];
    if (point.label) lines.unshift(point.label.replace(/[_^]\{([^}]*)\}/g, "$1"));
    box.textContent = lines.join("\n").replace(/-(?=\d)/g, "\u2212");
    const right = event.clientX + 14 + box.offsetWidth > window.innerWidth;
    box.style.left = `${right ? event.clientX - 14 - box.offsetWidth : event.clientX + 14}px`;
    box.style.top = `${Math.max(4, event.clientY - 12 - box.offsetHeight)}px`;
  });
})();
