import { expect, it } from "vitest";
import { Sharing } from "../src/keyboard/sharing";

function storage() {
  const kept = new Map<string, string>();
  const getItem = (name: string) => kept.get(name) ?? null;
  const setItem = (name: string, value: string) => void kept.set(name, value);
  return { kept, getItem, setItem, removeItem: (name: string) => void kept.delete(name) };
}

it("is off, and knows nobody, until somebody agrees", () => {
  const stored = storage();
  const sharing = new Sharing(stored);
  expect([sharing.on, sharing.clientId]).toEqual([false, null]);
  expect(stored.kept.size).toBe(0);
});

it("gives a random name at the first consent, and keeps it", () => {
  const stored = storage();
  const sharing = new Sharing(stored);
  sharing.turn(true);
  const name = sharing.clientId;
  expect(name).toMatch(/^web-[0-9a-f]{32}$/);
  sharing.turn(false);
  expect([sharing.on, sharing.clientId]).toEqual([false, name]);
  expect(new Sharing(stored).on).toBe(false);
  sharing.turn(true);
  expect([new Sharing(stored).on, sharing.clientId]).toEqual([true, name]);
  const another = new Sharing(storage());
  another.turn(true);
  expect(another.clientId).not.toBe(name);
});

it("drops the name, and takes another one at the next consent", () => {
  const stored = storage();
  const sharing = new Sharing(stored);
  sharing.turn(true);
  const name = sharing.clientId;
  sharing.drop();
  expect([sharing.on, sharing.clientId]).toEqual([false, null]);
  expect([...stored.kept.values()]).not.toContain(name);
  sharing.turn(true);
  expect(sharing.clientId).toMatch(/^web-/);
  expect(sharing.clientId).not.toBe(name);
});
