import { expect, it } from "vitest";
import { clientAddress, clientIn, versionAddress, versionIn } from "../src/shared/addresses";

it.each(["web-1", "a/b", "50 %", "?#&", "имя", "a+b"])("leads to the client %s and back", (clientId) => {
  const { pathname, search, hash } = new URL(clientAddress(clientId), "http://x");
  expect([clientIn(pathname), search, hash]).toEqual([clientId, "", ""]);
});

it.each(["/clients/", "/clients/%", "/pipeline"])("finds no client in %s", (path) => {
  expect(clientIn(path)).toBe("");
});

it.each(["swipe-en", "a/b", "имя"])("leads to a version of %s and back", (modelId) => {
  const { pathname, hash } = new URL(versionAddress(modelId, 12), "http://x");
  expect([pathname, versionIn(hash)]).toEqual(["/pipeline", { modelId, version: 12 }]);
});

it.each(["", "#", "#swipe-en", "#swipe-en/", "#swipe-en/x", "#/4", "#%/4", "#a/4/5"])("finds no version in %s", (hash) => {
  expect(versionIn(hash)).toBeNull();
});
