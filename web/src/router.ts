import { createRouter, createWebHistory } from 'vue-router'
import type { Role } from '@/api/types'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    isPublic?: boolean
    /** Only these roles may enter; absent means every signed-in person. */
    roles?: Role[]
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/watch' },
    { path: '/login', name: 'login', component: () => import('@/accounts/LoginView.vue'), meta: { isPublic: true } },
    // One record for every object of the workspace, so that the map stays while the selection changes.
    { path: '/watch/:kind?/:id?', name: 'watch', component: () => import('@/watch/WatchView.vue') },
    {
      path: '/wall/:kind(incidents|cameras|layouts|tours)?/:id(\\d+)?',
      name: 'wall',
      component: () => import('@/wall/WallView.vue'),
      meta: { roles: ['operator', 'dispatcher', 'admin'] },
    },
    {
      path: '/dispatch/:kind(tasks|alerts|units|grids|checkpoints|incidents|cameras|places|new)?/:id?',
      name: 'dispatch',
      component: () => import('@/dispatch/DispatchView.vue'),
      meta: { roles: ['operator', 'dispatcher', 'planner', 'admin', 'inspector'] },
    },
    {
      path: '/alarms/:page(list|rules)?/:id(\\d+)?',
      name: 'alarms',
      component: () => import('@/alarms/AlarmsView.vue'),
      meta: { roles: ['operator', 'dispatcher', 'admin', 'inspector'] },
    },
    {
      path: '/plan/:kind(grids|divisions|places|cameras|scenarios|sitings|rates)?/:id?',
      name: 'plan',
      component: () => import('@/plan/PlanView.vue'),
      meta: { roles: ['planner', 'admin', 'inspector'] },
    },
    {
      path: '/plan/calibrate/:id(\\d+)',
      name: 'calibrate',
      component: () => import('@/calibration/CalibrateView.vue'),
      props: (to) => ({ id: Number(to.params.id) }),
      meta: { roles: ['planner', 'admin'] },
    },
    {
      path: '/grids/:kind(grids|changes)?/:id(\\d+)?',
      name: 'grids',
      component: () => import('@/grids/GridsView.vue'),
      meta: { roles: ['operator', 'dispatcher', 'planner', 'admin', 'inspector'] },
    },
    {
      path: '/plan/heads/:id(\\d+)/:page(calibration|presets|tours|masks)?',
      name: 'head',
      component: () => import('@/heads/HeadView.vue'),
      props: (to) => ({ id: Number(to.params.id), page: to.params.page || '' }),
      meta: { roles: ['operator', 'dispatcher', 'planner', 'admin'] },
    },
    { path: '/devices/:page(enrolments|duplicates)?/:id(\\d+)?', name: 'devices', component: () => import('@/devices/DevicesPages.vue') },
    {
      path: '/devices/:page(health)/:id(\\d+)?',
      name: 'health',
      component: () => import('@/health/HealthView.vue'),
      props: (to) => ({ id: to.params.id ? Number(to.params.id) : null }),
    },
    {
      path: '/register',
      name: 'register',
      component: () => import('@/register/RegisterView.vue'),
      meta: { roles: ['admin', 'inspector'] },
    },
    {
      path: '/admin/:page(imports|exports)?',
      name: 'admin',
      component: () => import('@/admin/AdminView.vue'),
      meta: { roles: ['admin', 'planner'] },
    },
    {
      path: '/admin/:page(users)',
      name: 'accounts',
      component: () => import('@/admin/AdminView.vue'),
      meta: { roles: ['admin'] },
    },
    { path: '/:rest(.*)*', redirect: '/watch' },
  ],
})

let isRestored = false

router.beforeEach(async (to) => {
  const session = useSession()
  if (!isRestored) {
    isRestored = true
    await session.restore().catch(() => false)
  }
  if (to.meta.isPublic) return session.isSignedIn ? '/watch' : true
  if (!session.isSignedIn) return { name: 'login', query: to.fullPath === '/watch' ? {} : { next: to.fullPath } }
  // Who works outside has an application of their own.
  if (session.user?.role === 'worker') {
    location.replace('/m/')
    return false
  }
  // The map's own view lives in the hash; a change of selection must not lose it.
  if (['watch', 'dispatch', 'plan', 'grids', 'alarms'].includes(String(to.name)) && !to.hash && location.hash.startsWith('#map=')) return { ...to, hash: location.hash, replace: false }
  return true
})
