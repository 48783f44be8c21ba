import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const api = process.env.GRIDLINK_API ?? 'http://127.0.0.1:8000'

const leaflet = fileURLToPath(new URL('./node_modules/leaflet/dist/', import.meta.url))

/** Leaflet for the map that a report hands on: the server puts it into the page it writes. */
function reportAssets(): Plugin {
  const files = ['leaflet.js', 'leaflet.css', ...readdirSync(`${leaflet}images`).map((name) => `images/${name}`)]
  return {
    name: 'report-assets',
    generateBundle() {
      for (const name of files) {
        this.emitFile({ type: 'asset', fileName: `report/${name}`, source: readFileSync(leaflet + name) })
      }
    },
  }
}

export default defineConfig({
  plugins: [vue(), reportAssets()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)), '@m': fileURLToPath(new URL('./handheld', import.meta.url)) } },
  server: {
    proxy: {
      '/api': { target: api, changeOrigin: true },
      '/media': { target: api, ws: true },
    },
  },
  build: {
    outDir: '../backend/console_dist',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1400,
    // Inlined assets would need data: in more CSP directives than images have.
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        // The map changes far more rarely than the console: its own chunk stays in the browser's cache.
        manualChunks: (id: string) => (id.includes('/maplibre-gl/') ? 'maplibre' : undefined),
      },
    },
  },
  // The message compiler must not use eval: the page's policy forbids it.
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_JIT_COMPILATION__: true,
  },
  test: { include: ['src/**/*.spec.ts', 'handheld/**/*.spec.ts'], environment: 'node' },
})
