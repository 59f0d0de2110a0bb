/** The finger's trail, on a canvas of its own above the keys. Nothing is laid out while it is drawn. */

const LASTS_MS = 450; // until a point of the trail has faded
const WIDTH = 7;

/** Draws on `canvas`, whose size on the page is told by `resize`. */
export class Trail {
  private points: [x: number, y: number, t: number][] = [];
  private frame = 0;
  private down = false;
  private colour = "";
  private readonly context: CanvasRenderingContext2D;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly still: MediaQueryList,
  ) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("the browser draws no canvas");
    this.context = context;
  }

  /** Take the size in CSS pixels, and the colour that the page has now. */
  resize(width: number, height: number): void {
    const scale = Math.min(devicePixelRatio, 3);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.colour = getComputedStyle(this.canvas).color;
  }

  begin(x: number, y: number, t: number): void {
    this.points = [[x, y, t]];
    this.down = true;
    this.draw();
  }

  add(x: number, y: number, t: number): void {
    this.points.push([x, y, t]);
  }

  end(): void {
    this.down = false;
  }

  private readonly paint = (now: number): void => {
    this.frame = 0;
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.still.matches) this.points = this.points.filter(([, , t]) => now - t < LASTS_MS);
    else if (!this.down) this.points = [];
    this.stroke(now);
    if (this.down || this.points.length > 0) this.draw();
  };

  private draw(): void {
    this.frame ||= requestAnimationFrame(this.paint);
  }

  /** Draw curves through the middles between points: no corner shows where events are far apart. */
  private stroke(now: number): void {
    const { context, points } = this;
    context.strokeStyle = this.colour;
    context.lineCap = "round";
    let [fromX, fromY] = points[0] ?? [0, 0];
    for (let i = 1; i < points.length; i++) {
      const [x, y, t] = points[i] as [number, number, number];
      const [beforeX, beforeY] = points[i - 1] as [number, number, number];
      const left = this.still.matches ? 1 : Math.max(0, 1 - (now - t) / LASTS_MS);
      const [toX, toY] = i === points.length - 1 ? [x, y] : [(x + beforeX) / 2, (y + beforeY) / 2];
      context.lineWidth = 1 + (WIDTH - 1) * left;
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.quadraticCurveTo(beforeX, beforeY, toX, toY);
      context.stroke();
      [fromX, fromY] = [toX, toY];
    }
  }
}
