/** The pipeline's page: wiring. */

import { follow, type Pipeline } from "../api/pipeline";
import { versionIn } from "../shared/addresses";
import { startBar } from "../shared/bar";
import { byId, element } from "../shared/element";
import { setText } from "../shared/svg";
import { onLanguage, startTexts, text } from "../shared/texts";
import { Chart } from "./chart";
import { Countdown } from "./countdown";
import { Flow } from "./flow";
import { ModelPanel } from "./model_panel";
import { Tables } from "./tables";
import { moved, told } from "./told";

const NARROW = "(max-width: 719px)";
const LINEAGE = "fedswipe.lineage";
const SECOND_MS = 1_000;

function svgOf(id: string): SVGSVGElement {
  const found = document.getElementById(id);
  if (!(found instanceof SVGSVGElement)) throw new Error(`#${id}: the page has no such drawing`);
  return found;
}

function start(): void {
  const flow = new Flow(svgOf("flow"), matchMedia(NARROW), matchMedia("(prefers-reduced-motion: reduce)"));
  const chart = new Chart(svgOf("chart"));
  const choice = byId("lineage", HTMLSelectElement);
  const news = byId("news", HTMLElement);
  const serving = byId("serving", HTMLElement);
  const unpin = byId("unpin", HTMLButtonElement);
  const promote = byId("promote", HTMLButtonElement);
  const abort = byId("abort", HTMLButtonElement);
  const panel = new ModelPanel((said) => setText(news, said));
  const tables = new Tables((version) => void panel.open(choice.value, version));
  const countdown = new Countdown();
  let newest: Pipeline | null = null;

  const draw = () => {
    if (newest === null) return;
    flow.show(told(newest, choice.value, countdown.seconds(performance.now())));
  };
  const show = () => {
    if (newest === null) return;
    const lineage = newest.lineages[choice.value];
    draw();
    chart.show(lineage?.versions ?? []);
    tables.show(newest, choice.value);
    setText(serving, servingText(newest, choice.value));
    unpin.hidden = !lineage?.serving.pinned || lineage.serving.canary !== null;
    promote.hidden = abort.hidden = lineage?.serving.canary == null;
    byId("reading", HTMLElement).hidden = newest.caught_up;
  };

  unpin.addEventListener("click", () => panel.ask(choice.value, "unpin"));
  promote.addEventListener("click", () => panel.ask(choice.value, "canary/promote"));
  abort.addEventListener("click", () => panel.ask(choice.value, "canary/abort"));
  choice.addEventListener("change", () => {
    localStorage.setItem(LINEAGE, choice.value);
    countdown.take(newest?.lineages[choice.value], performance.now());
    show();
  });
  onLanguage(show);
  openAddressed(panel);
  setInterval(draw, SECOND_MS);
  follow(
    (pipeline) => {
      offer(choice, Object.keys(pipeline.lineages));
      const before = newest;
      newest = pipeline;
      countdown.take(pipeline.lineages[choice.value], performance.now());
      show();
      for (const [from, to, count] of moved(before, pipeline, choice.value)) flow.send(from, to, count);
      announce(news, before, pipeline, choice.value);
    },
    (alive) => {
      const live = byId("live", HTMLElement);
      live.dataset["text"] = alive ? "pipeline.live" : "pipeline.lost";
      live.classList.toggle("lost", !alive);
      setText(live, text(alive ? "pipeline.live" : "pipeline.lost"));
    },
  );
}

/** Open the version that the address names, now and when it changes; closed, the address names none. */
function openAddressed(panel: ModelPanel): void {
  const open = () => {
    const wanted = versionIn(location.hash);
    if (wanted) void panel.open(wanted.modelId, wanted.version);
  };
  addEventListener("hashchange", open);
  byId("model", HTMLDialogElement).addEventListener("close", () => history.replaceState(null, "", location.pathname));
  open();
}

/** Offer the lineages, once. */
function offer(choice: HTMLSelectElement, modelIds: readonly string[]): void {
  if (choice.options.length === modelIds.length) return;
  choice.replaceChildren(...modelIds.map((one) => element("option", { value: one }, one)));
  const remembered = localStorage.getItem(LINEAGE) ?? "";
  if (modelIds.includes(remembered)) choice.value = remembered;
}

/** Say a new version aloud. */
function announce(news: HTMLElement, before: Pipeline | null, now: Pipeline, modelId: string): void {
  const version = now.lineages[modelId]?.head?.version;
  if (before === null || version === undefined || version === before.lineages[modelId]?.head?.version) return;
  setText(news, text("pipeline.published", { version }));
}

function servingText(pipeline: Pipeline, modelId: string): string {
  const serving = pipeline.lineages[modelId]?.serving;
  if (!serving) return "";
  if (serving.canary !== null) {
    const share = Math.round((serving.share ?? 0) * 100);
    return text("serving.canary", { version: serving.canary, share, stable: serving.stable ?? "" });
  }
  return serving.stable === null ? text("serving.head") : text("serving.pinned", { version: serving.stable });
}

startTexts();
startBar();
start();
