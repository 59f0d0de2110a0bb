import { defineConfig } from "vite";

// The names of built files are fixed, so that a change shows as a change of a file; ETags tell browsers.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../services/ingest/pages",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    cssCodeSplit: true,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { keyboard: "index.html", pipeline: "pipeline.html", clients: "clients.html" },
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
        codeSplitting: { groups: [{ name: "shared", test: /src[\\/](shared|api)[\\/]/, minShareCount: 2 }] },
      },
    },
  },
});
