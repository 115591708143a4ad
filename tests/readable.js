// What keeps the open page from being read in its window, one line each; [] where nothing does.
(() => {
  const SMALLEST = 11, SLACK = 1, APART = 2; // pixels
  const WORD = /[\p{L}\p{M}\p{N}]+(?:[.,]\p{N}+)*/gu, SHORT = 10; // characters of a word or figure that stays whole
  const view = document.documentElement, wide = view.clientWidth, found = new Set();
  const wrong = (what, text) => found.add(`${what}: ${text.trim().replace(/\s+/g, " ").slice(0, 60)}`);
  const upwards = (element) => {
    const all = [];
    for (; element; element = element.parentElement) all.push([element, getComputedStyle(element)]);
    return all;
  };

  // Colours as the engine itself mixes them: [red, green, blue, alpha], all 0 to 1.
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const mixed = (colour) => {
    if (!known.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      known.set(colour, [...brush.getImageData(0, 0, 1, 1).data].map((part) => part / 255));
    }
    return known.get(colour);
  };
  const over = (top, below, alpha) => [0, 1, 2].map((n) => top[n] * alpha + below[n] * (1 - alpha)).concat(1);
  const ground = (holders) => {
    const layers = [];
    for (const [, style] of holders) {
      layers.push(mixed(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const canvas = layers.at(-1)[3] === 1 ? layers.pop() : mixed("canvas");
    return layers.reduceRight((below, layer) => over(layer, below, layer[3]), canvas);
  };
  const light = ([red, green, blue]) => {
    const part = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };

  const look = (element, text, boxes) => {
    const holders = upwards(element), [[, style]] = holders, size = parseFloat(style.fontSize);
    if (size < SMALLEST) wrong(`type of ${size} px`, text);

    const below = ground(holders), ink = mixed(style.color);
    const faded = holders.reduce((alpha, [, each]) => alpha * each.opacity, ink[3]);
    const ratio = contrast(over(ink, below, faded), below);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < needed) wrong(`contrast ${ratio.toFixed(2)}`, text);

    const holder = holders.find(([, each]) => !/^(inline|contents)$/.test(each.display))[0].getBoundingClientRect();
    for (const box of boxes) {
      if (box.left < -SLACK || box.right > wide + SLACK || box.top + scrollY < -SLACK) wrong("outside the window", text);
      if (box.left < holder.left - SLACK || box.right > holder.right + SLACK) wrong("outside its box", text);
      for (const [each, { overflowX, overflowY }] of holders.slice(0, -2)) {
        const frame = each.getBoundingClientRect();
        const across = overflowX !== "visible" && (box.left < frame.left - SLACK || box.right > frame.right + SLACK);
        const down = /hidden|clip/.test(overflowY) && (box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK);
        if (across || down) wrong("cut off", text);
      }
    }
  };

  if (document.scrollingElement.scrollWidth > wide) {
    wrong("scrolls sideways", `${document.scrollingElement.scrollWidth} px in ${wide}`);
  }
  const drawn = (range) => [...range.getClientRects()].filter((box) => box.width && box.height);
  const cells = new Map();
  let read = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) {
    const text = texts.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    range.selectNodeContents(text);
    const boxes = drawn(range);
    if (!boxes.length) continue;
    read++;
    look(element, text.data, boxes);
    const cell = element.closest("td, th");
    if (cell) cells.set(cell, [...(cells.get(cell) ?? []), ...boxes]);
    for (const { 0: word, index } of boxes.length > 1 ? text.data.matchAll(WORD) : []) {
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const lines = drawn(range).map((box) => box.top);
      if (word.length <= SHORT && Math.max(...lines) - Math.min(...lines) > SMALLEST / 2) wrong("a broken word", word);
    }
  }
  for (const [cell, boxes] of cells) {
    for (const next of cells.get(cell.nextElementSibling) ?? []) {
      const touches = (box) =>
        box.top < next.bottom && next.top < box.bottom && box.left < next.right + APART && next.left < box.right + APART;
      if (boxes.some(touches)) wrong("touches the next cell", cell.textContent);
    }
  }
  if (!read) wrong("nothing to read", document.title);
  for (const image of document.images) {
    const blank = !image.naturalWidth, box = image.getBoundingClientRect();
    if (blank && image.hasAttribute("src")) wrong("picture not loaded", image.alt);
    if (blank && image.alt) look(image, image.alt, [...image.getClientRects()]);
    else if (box.left < -SLACK || box.right > wide + SLACK) wrong("outside the window", image.alt);
  }
  return [...found];
})()
