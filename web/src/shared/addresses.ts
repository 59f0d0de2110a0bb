/** The pages' addresses of clients and versions. */

const CLIENTS = "/clients/";
const VERSION = /^#([^/]+)\/(\d+)$/;

/** The page of a client. */
export function clientAddress(clientId: string): string {
  return CLIENTS + encodeURIComponent(clientId);
}

/** The client that a page's path is about; "" when it names none that can be read. */
export function clientIn(path: string): string {
  try {
    return path.startsWith(CLIENTS) ? decodeURIComponent(path.slice(CLIENTS.length)) : "";
  } catch {
    return ""; // a percent sign with nothing to decode behind it
  }
}

/** The pipeline's page with this version open. */
export function versionAddress(modelId: string, version: number): string {
  return `/pipeline#${encodeURIComponent(modelId)}/${version}`;
}

/** The version that an address's fragment opens, if any. */
export function versionIn(fragment: string): { modelId: string; version: number } | null {
  const [, modelId, version] = VERSION.exec(fragment) ?? [];
  try {
    return modelId && version ? { modelId: decodeURIComponent(modelId), version: Number(version) } : null;
  } catch {
    return null;
  }
}
