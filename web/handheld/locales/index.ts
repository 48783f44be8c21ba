import { Locale } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import zhCN from 'vant/es/locale/lang/zh-CN'
import { createI18n } from 'vue-i18n'
import { caller } from '@/api/client'
import { en } from './en'
import { zh, type Messages } from './zh'

export type Language = 'zh' | 'en'

export const i18n = createI18n<[Messages], Language, false>({ legacy: false, locale: 'zh', fallbackLocale: 'zh', messages: { zh, en } })

/** The page, the widgets, the calls and the words change together. */
export function speak(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  caller.language = document.documentElement.lang
  caller.unreachable = i18n.global.t('app.unreachable')
  if (language === 'zh') Locale.use('zh-CN', zhCN)
  else Locale.use('en-US', enUS)
}
