import { expect, it } from "vitest";
import { InOrder } from "../src/keyboard/in_order";

it("does at once what waits for nothing, and the rest in the order it came", async () => {
  const [acts, done] = [new InOrder(), [] as string[]];
  acts.do(() => done.push("tap"));
  expect(done).toEqual(["tap"]);
  let answer = () => {};
  acts.then(async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    done.push("swipe");
  });
  acts.do(() => done.push("space"));
  await Promise.resolve();
  expect(done).toEqual(["tap"]);
  answer();
  await new Promise((resolve) => setTimeout(resolve));
  expect(done).toEqual(["tap", "swipe", "space"]);
  acts.do(() => done.push("tap"));
  expect(done.at(-1)).toBe("tap");
});
