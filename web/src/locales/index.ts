import { createI18n } from 'vue-i18n'
import { caller } from '@/api/client'
import type { Language } from '@/stores/preferences'
import { en } from './en'
import { zh, type Messages } from './zh'

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'zh',
  fallbackLocale: 'zh',
  messages: { zh, en },
})

const tags: Record<Language, string> = { zh: 'zh-CN', en: 'en' }

/** The page, the calls and the words change together. */
export function speak(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = tags[language]
  caller.language = tags[language]
  caller.unreachable = i18n.global.t('common.unreachable')
}
