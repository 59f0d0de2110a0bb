/** The live drawing of the flow: ten parts, the lines between them, and dots where something goes along. */

import { setAll, setText, svg } from "../shared/svg";
import { fillTexts } from "../shared/texts";
import { along, BOX, corners, KINDS, NARROW, WIDE, type FlowMap, type Part } from "./flow_map";
import { Dots } from "./dots";

/** What a part shows: a large line, a small one, and how full it is (0 to 1) where that means anything. */
export interface Shown {
  readonly large: string;
  readonly small: string;
  readonly full?: number;
}

interface Drawn {
  readonly group: SVGGElement;
  readonly large: SVGTextElement;
  readonly small: SVGTextElement;
  readonly full: SVGRectElement;
}

const PARTS = Object.keys(KINDS) as Part[];
const BAR = BOX.width - 24;

export class Flow {
  private readonly lines: SVGPathElement[];
  private readonly parts: Readonly<Record<Part, Drawn>>;
  private readonly dots: Dots;

  /** Draw into an empty svg; `narrow` says when the screen is. */
  constructor(
    private readonly root: SVGSVGElement,
    narrow: MediaQueryList,
    still: MediaQueryList,
  ) {
    this.lines = WIDE.lines.map(() => svg("path", { class: "line", "marker-end": "url(#arrow)" }));
    const drawn = PARTS.map((part) => [part, draw(part)] as const);
    this.parts = Object.fromEntries(drawn) as Record<Part, Drawn>;
    const dots = svg("g");
    root.append(arrow(), ...this.lines, dots, ...drawn.map(([, one]) => one.group));
    this.dots = new Dots(dots, still);
    fillTexts(root);
    const place = () => this.place(narrow.matches ? NARROW : WIDE);
    narrow.addEventListener("change", place);
    place();
  }

  /** Show what the parts have to say. */
  show(shown: Readonly<Record<Part, Shown>>): void {
    for (const part of PARTS) {
      const { large, small, full } = this.parts[part];
      const now = shown[part];
      setText(large, now.large);
      setText(small, now.small);
      const width = now.full === undefined ? 0 : BAR * Math.min(1, now.full);
      setAll(full, { width: width.toFixed(1) });
    }
  }

  /** Let dots go from one part to another, at most a handful. */
  send(from: Part, to: Part, count: number): void {
    this.dots.send(`${from} ${to}`, count);
  }

  private place(map: FlowMap): void {
    setAll(this.root, { viewBox: `0 0 ${map.width} ${map.height}` });
    map.lines.forEach((line, n) => {
      const points = corners(map, line);
      this.lines[n]?.setAttribute("d", `M${points.map((point) => point.join(" ")).join("L")}`);
      this.dots.lay(`${line.from} ${line.to}`, points, along(points));
    });
    for (const part of PARTS) {
      const [x, y] = map.at[part];
      setAll(this.parts[part].group, { transform: `translate(${x - BOX.width / 2} ${y - BOX.height / 2})` });
    }
  }
}

/** The head of every line. */
function arrow(): SVGDefsElement {
  const place = { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 5, markerHeight: 5, orient: "auto" };
  return svg("defs", {}, svg("marker", place, svg("path", { d: "M0 0L8 4L0 8Z", class: "arrow" })));
}

function draw(part: Part): Drawn {
  const middle = BOX.width / 2;
  const kind = KINDS[part];
  const large = svg("text", { x: middle, y: 46, class: "large" });
  const small = svg("text", { x: middle, y: 64, class: "small" });
  const full = svg("rect", { x: 12, y: BOX.height - 8, height: 4, rx: 2, width: 0, class: "full" });
  const group = svg(
    "g",
    { class: `part ${kind}` },
    svg("rect", { ...BOX, rx: kind === "service" ? 8 : 26, class: "box" }),
    svg("text", { x: middle, y: 22, class: "what", "data-text": `pipeline.part.${part}` }),
    large,
    small,
    ...(part === "aggregator" ? [svg("rect", { x: 12, y: BOX.height - 8, height: 4, rx: 2, width: BAR, class: "room" })] : []),
    full,
  );
  return { group, large, small, full };
}
