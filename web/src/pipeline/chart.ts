/** Accuracy per version: two lines, right at first and among the first three, of the versions that were judged. */

import type { Version } from "../api/pipeline";
import { setAll, setText, svg } from "../shared/svg";
import { text } from "../shared/texts";
import { percent } from "../shared/numbers";

const HEIGHT = 220;
const LEFT = 44;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;
const MOST = 100; // versions: the snapshot has no more
const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface Series {
  readonly line: SVGPolylineElement;
  readonly points: readonly SVGCircleElement[];
  readonly titles: readonly SVGTitleElement[];
}

export class Chart {
  private readonly right = series("right");
  private readonly few = series("few");
  private readonly first = svg("text", { y: HEIGHT - 8, class: "tick" });
  private readonly last = svg("text", { y: HEIGHT - 8, class: "tick", "text-anchor": "end" });
  private readonly rules = TICKS.map(vertical).map((y) => svg("line", { x1: LEFT, y1: y, y2: y, class: "rule" }));
  private versions: readonly Version[] = [];
  private width = 0;

  constructor(private readonly root: SVGSVGElement) {
    const ticks = TICKS.map((share) => {
      const place = { x: LEFT - 8, y: vertical(share) + 4, class: "tick", "text-anchor": "end" };
      return svg("text", place, `${share * 100}%`);
    });
    root.append(...this.rules, ...ticks, this.first, this.last);
    for (const one of [this.few, this.right]) root.append(one.line, ...one.points);
    new ResizeObserver(() => this.resize(root.clientWidth)).observe(root);
  }

  /** Letters keep their size, whatever the screen's. */
  private resize(width: number): void {
    if (width === this.width) return;
    this.width = width;
    setAll(this.root, { viewBox: `0 0 ${width} ${HEIGHT}` });
    for (const rule of this.rules) setAll(rule, { x2: width - RIGHT });
    this.show(this.versions);
  }

  /** Draw these versions, oldest first. */
  show(versions: readonly Version[]): void {
    this.versions = versions;
    const judged = versions.filter((one) => one.judged > 0);
    const [oldest, newest] = [judged[0]?.version ?? 0, judged.at(-1)?.version ?? 0];
    const x = (version: number) => {
      const room = this.width - LEFT - RIGHT - 12;
      return LEFT + 6 + (newest === oldest ? room / 2 : (room * (version - oldest)) / (newest - oldest));
    };
    plot(this.right, judged, x, (one) => one.right);
    plot(this.few, judged, x, (one) => one.among_few);
    setText(this.first, judged.length > 1 ? `v${oldest}` : "");
    setText(this.last, judged.length > 0 ? `v${newest}` : "");
    setAll(this.first, { x: LEFT });
    setAll(this.last, { x: this.width - RIGHT });
    this.root.classList.toggle("empty", judged.length === 0);
  }
}

function series(name: string): Series {
  const titles = Array.from({ length: MOST }, () => svg("title"));
  return {
    line: svg("polyline", { class: `curve ${name}` }),
    points: titles.map((title) => svg("circle", { r: 3.5, class: `point ${name}`, visibility: "hidden" }, title)),
    titles,
  };
}

function plot(
  at: Series,
  judged: readonly Version[],
  x: (version: number) => number,
  value: (one: Version) => number,
): void {
  const places = judged.map((one) => [x(one.version), vertical(value(one) / one.judged)] as const);
  setAll(at.line, { points: places.map((place) => place.map((n) => n.toFixed(1)).join(",")).join(" ") });
  at.points.forEach((point, n) => {
    const [place, one, title] = [places[n], judged[n], at.titles[n]];
    if (place && one && title) {
      setAll(point, { cx: place[0].toFixed(1), cy: place[1].toFixed(1), visibility: "visible" });
      setText(title, text("pipeline.point", { version: one.version, share: percent(value(one), one.judged), judged: one.judged }));
    } else point.setAttribute("visibility", "hidden");
  });
}

function vertical(share: number): number {
  return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share);
}
