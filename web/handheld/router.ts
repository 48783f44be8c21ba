import { createRouter, createWebHistory } from 'vue-router'
import type { useAccount } from './stores/account'

export function makeRouter(account: ReturnType<typeof useAccount>) {
  const router = createRouter({
    history: createWebHistory('/m/'),
    routes: [
      { path: '/', name: 'today', component: () => import('./views/TodayView.vue') },
      { path: '/sign-in', name: 'sign-in', component: () => import('./views/SignInView.vue'), meta: { isSheet: true } },
      { path: '/tasks/:id(\\d+)', name: 'task', component: () => import('./views/TaskView.vue'), props: (to) => ({ id: Number(to.params.id) }), meta: { isSheet: true } },
      { path: '/report', name: 'report', component: () => import('./views/ReportView.vue'), meta: { isSheet: true } },
      { path: '/track', name: 'track', component: () => import('./views/TrackView.vue') },
      { path: '/mine', name: 'mine', component: () => import('./views/MineView.vue') },
      { path: '/unsent', name: 'unsent', component: () => import('./views/UnsentView.vue'), meta: { isSheet: true } },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  // Who is known to the phone may look and write; only sending needs the session.
  router.beforeEach((to) => (account.user || to.name === 'sign-in' ? true : { name: 'sign-in' }))
  return router
}
