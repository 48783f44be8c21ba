import '@/styles/tokens.css'
import './vant.css'
import './style.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './locales'
import { makeRouter } from './router'
import { useAccount } from './stores/account'
import { usePlace } from './stores/place'
import { usePreferences } from './stores/preferences'
import { useQueue } from './stores/queue'
import { useToday } from './stores/today'

const pinia = createPinia()
const app = createApp(App).use(pinia).use(i18n)
usePreferences(pinia)
const account = useAccount(pinia)
const today = useToday(pinia)

// First what the phone knows, then what the server says: the first screen never waits for the network.
await Promise.all([account.recall(), today.recall()])
app.use(makeRouter(account)).mount('#app')
usePlace(pinia).start()
void account.restore().then((isSignedIn) => {
  useQueue(pinia).start()
  if (isSignedIn && account.isWorker) void today.refresh()
})
