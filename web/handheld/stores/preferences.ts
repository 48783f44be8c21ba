import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { speak, type Language } from '@m/locales'

export type Theme = 'system' | 'dark' | 'light'

const key = 'gridlink.handheld'
const stored = (): { theme?: Theme; language?: Language } => {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as { theme?: Theme; language?: Language }
  } catch {
    return {}
  }
}

/** Language and theme; the theme follows the phone unless it was chosen. */
export const usePreferences = defineStore('handheld-preferences', () => {
  const theme = ref<Theme>(stored().theme ?? 'system')
  const language = ref<Language>(stored().language ?? (navigator.language.startsWith('en') ? 'en' : 'zh'))
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(dark.matches)
  dark.addEventListener('change', (event) => (systemIsDark.value = event.matches))
  const shade = computed(() => (theme.value === 'system' ? (systemIsDark.value ? 'dark' : 'light') : theme.value))

  watch(shade, (now) => (document.documentElement.dataset.theme = now), { immediate: true })
  watch(language, speak, { immediate: true })
  watch([theme, language], () => localStorage.setItem(key, JSON.stringify({ theme: theme.value, language: language.value })))

  return { theme, language, shade }
})
