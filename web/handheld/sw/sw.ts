// Keeps the application itself on the phone, so that it starts without a network. It never touches /api: what the
// server says and what waits for it lie in the database of the page, in one place.

export {}

declare const self: ServiceWorkerGlobalScope
declare const __SHELL_FILES__: string[]
declare const __EDITION__: string

const prefix = 'gridlink-handheld-'
const cacheName = prefix + __EDITION__
const page = '/m/'

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(cacheName).then((cache) => cache.addAll([page, ...__SHELL_FILES__.map((name) => page + name)])),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

// A new edition waits until it is asked for: an open page still needs the files of its own.
self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin || !pathname.startsWith(page)) return
  const wanted = request.mode === 'navigate' ? page : pathname
  event.respondWith(caches.open(cacheName).then(async (cache) => (await cache.match(wanted)) ?? fetch(request)))
})
