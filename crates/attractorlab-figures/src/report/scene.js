// Draws scenes in three dimensions: orthographic, turned by dragging or by the arrow keys, with the name of the
// nearest point under the pointer.
"use strict";
for (const figure of document.querySelectorAll("figure.scene")) {
  const canvas = figure.querySelector("canvas");
  const { axes, groups } = JSON.parse(figure.querySelector("script").textContent);
  const all = groups.flatMap((group) => group.points);
  const low = [0, 1, 2].map((k) => all.reduce((m, p) => Math.min(m, p[k]), Infinity));
  const high = [0, 1, 2].map((k) => all.reduce((m, p) => Math.max(m, p[k]), -Infinity));
  const middle = low.map((l, k) => (l + high[k]) / 2);
  const half = Math.max(...low.map((l, k) => (high[k] - l) / 2), Number.MIN_VALUE);
  let azimuth = 0.6, elevation = 0.35, hover = null;

  const project = (p) => {
    const [x, y, z] = p.map((v, k) => (v - middle[k]) / half);
    const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
    const across = ca * x - sa * y, depth = sa * x + ca * y;
    const scale = 0.36 * Math.min(canvas.width, canvas.height * 1.2);
    return [canvas.width / 2 + scale * across, canvas.height / 2 - scale * (ce * z - se * depth), ce * depth + se * z];
  };

  const draw = () => {
    const ctx = canvas.getContext("2d");
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.font = "22px Helvetica, Arial, sans-serif";
    // The axes, from the corner of the box.
    axes.forEach((label, k) => {
      const from = low.slice(), to = low.slice();
      to[k] = high[k];
      const [a, b] = [project(from), project(to)];
      ctx.strokeStyle = "#7f7f7f";
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      ctx.moveTo(a[0], a[1]);
      ctx.lineTo(b[0], b[1]);
      ctx.stroke();
      ctx.fillStyle = "#444444";
      ctx.fillText(label, b[0] + 8, b[1] + 8);
    });
    const marks = [];
    groups.forEach((group) => {
      if (group.mark === "line") {
        for (let i = 1; i < group.points.length; i++) {
          const [a, b] = [project(group.points[i - 1]), project(group.points[i])];
          marks.push({ depth: (a[2] + b[2]) / 2, group, a, b });
        }
      } else {
        group.points.forEach((point, i) => {
          const a = project(point);
          marks.push({ depth: a[2] - 0.02, group, a, name: group.names[i] });
        });
      }
    });
    marks.sort((p, q) => q.depth - p.depth);
    for (const { group, a, b } of marks) {
      ctx.strokeStyle = ctx.fillStyle = group.colour;
      ctx.beginPath();
      if (b) {
        ctx.lineWidth = 2 * group.size;
        ctx.moveTo(a[0], a[1]);
        ctx.lineTo(b[0], b[1]);
        ctx.stroke();
      } else {
        ctx.arc(a[0], a[1], group.size, 0, 2 * Math.PI);
        if (group.mark === "ring") {
          ctx.lineWidth = 3;
          ctx.stroke();
        } else ctx.fill();
      }
    }
    if (hover) {
      const near = marks
        .filter((mark) => mark.name)
        .map((mark) => ({ mark, d: Math.hypot(mark.a[0] - hover[0], mark.a[1] - hover[1]) }))
        .sort((p, q) => p.d - q.d)[0];
      if (near && near.d < 30) {
        ctx.fillStyle = "#1a1a1a";
        ctx.fillText(near.mark.name, Math.min(near.mark.a[0] + 14, canvas.width - 500), near.mark.a[1] - 14);
      }
    }
  };

  let last = null;
  canvas.addEventListener("pointerdown", (event) => {
    last = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", () => (last = null));
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    hover = [
      ((event.clientX - box.left) * canvas.width) / box.width,
      ((event.clientY - box.top) * canvas.height) / box.height,
    ];
    if (last) {
      azimuth += (event.clientX - last[0]) * 0.01;
      elevation = Math.max(-1.57, Math.min(1.57, elevation + (event.clientY - last[1]) * 0.01));
      last = [event.clientX, event.clientY];
    }
    draw();
  });
  canvas.addEventListener("keydown", (event) => {
    const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    const turn = turns[event.key];
    if (!turn) return;
    event.preventDefault();
    azimuth += turn[0];
    elevation += turn[1];
    draw();
  });
  draw();
}
