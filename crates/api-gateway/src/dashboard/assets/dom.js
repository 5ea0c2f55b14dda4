// Builds elements. Data only ever becomes text nodes and attributes: there is no HTML from strings.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (`on` holds listeners), and children that are nodes, texts or nothing. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Sets a text if it differs: an unchanged node costs no layout and is not read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets or removes an attribute if it differs. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Runs `draw` at most once per animation frame, however often it is asked for. */
export function perFrame(draw) {
  let handle = 0;
  const run = () => {
    handle = 0;
    draw();
  };
  return {
    ask() {
      if (handle === 0) handle = requestAnimationFrame(run);
    },
    cancel() {
      cancelAnimationFrame(handle);
      handle = 0;
    },
  };
}

/** Calls `act` once nothing has asked for `delayMs`. */
export function debounced(delayMs, act) {
  let timer = 0;
  return {
    ask() {
      clearTimeout(timer);
      timer = setTimeout(act, delayMs);
    },
    cancel() {
      clearTimeout(timer);
    },
  };
}
