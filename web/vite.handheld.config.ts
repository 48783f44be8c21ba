import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import console from './vite.config.ts'

const api = process.env.GRIDLINK_API ?? 'http://127.0.0.1:8000'
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Vant's icon font as a file of ours: the page's policy allows neither data: fonts nor its other source, a foreign host. */
function ownIconFont(): Plugin {
  return {
    name: 'own-icon-font',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue
        file.source = String(file.source).replace(
          /src:\s*url\("?data:font\/woff2[^,]*,([A-Za-z0-9+/=]+)"?\)\s*format\([^)]*\)\s*,\s*url\([^)]*alicdn[^)]*\)\s*format\([^)]*\)/g,
          (_whole, font: string) => {
            const source = Buffer.from(font, 'base64')
            const name = `icons-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.woff2`
            this.emitFile({ type: 'asset', fileName: `assets/${name}`, source })
            return `src:url(${name}) format("woff2")`
          },
        )
        if (/alicdn|data:font/.test(String(file.source))) this.error('a font of Vant is still not ours')
      }
    },
  }
}

/** Tells the service worker which files make up the application, and which edition this is. */
function shellList(): Plugin {
  return {
    name: 'shell-list',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') return
      const built = Object.keys(bundle).filter((name) => name !== 'sw.js' && !name.endsWith('.map'))
      const files = [...built, ...readdirSync(here('./handheld/public'))].filter((name) => name !== 'index.html').sort()
      const edition = createHash('sha256')
      for (const name of built.sort()) {
        const file = bundle[name]
        if (file) edition.update(file.type === 'chunk' ? file.code : file.source)
      }
      worker.code = worker.code
        .replace('__SHELL_FILES__', JSON.stringify(files))
        .replace('__EDITION__', JSON.stringify(edition.digest('hex').slice(0, 12)))
    },
  }
}

/** The handheld: a small application of its own beside the console, installed and served under /m/. */
export default defineConfig({
  root: here('./handheld'),
  base: '/m/',
  plugins: [vue(), ownIconFont(), shellList()],
  resolve: { alias: { '@': here('./src'), '@m': here('./handheld') } },
  server: { proxy: { '/api': { target: api, changeOrigin: true } }, fs: { allow: [here('.')] } },
  define: (console as { define: Record<string, unknown> }).define,
  build: {
    outDir: '../../backend/console_dist/m',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1400,
    rollupOptions: {
      input: { index: here('./handheld/index.html'), sw: here('./handheld/sw/sw.ts') },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})
