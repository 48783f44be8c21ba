// Line icons on a 20-unit square, stroke 1.5; drawn here because the console fetches nothing from elsewhere.

export const icons = {
  watch: 'M3 10s2.6-5 7-5 7 5 7 5-2.6 5-7 5-7-5-7-5zM10 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8z',
  dispatch: 'M3.5 16.5 16.5 10 3.5 3.5v5L11 10l-7.5 1.5z',
  plan: 'M3.5 16.5V8l4-2.5 5 2.5 4-2.5V14l-4 2.5-5-2.5zM7.5 5.5V14M12.5 8v8.5',
  grids: 'M3.5 3.5h13v13h-13zM3.5 8h13M3.5 12.5h13M8 3.5v13M12.5 3.5v13',
  devices: 'M3 6.5h9.5v7H3zM12.5 9l4.5-2.5v7L12.5 11',
  register: 'M5 3h10v14H5zM7.5 7h5M7.5 10h5M7.5 13h3',
  admin: 'M3.5 6h8M14.5 6h2M3.5 14h2M8.5 14h8M13 4.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM7 12.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l3.7 3.7',
  layers: 'M10 3 3 6.8l7 3.8 7-3.8zM3.4 10.2 10 13.8l6.6-3.6M3.4 13.4 10 17l6.6-3.6',
  legend: 'M4 5h2M9 5h7M4 10h2M9 10h7M4 15h2M9 15h7',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  home: 'M3.5 9.5 10 4l6.5 5.5M5.5 8.5v7.5h9V8.5',
  close: 'M5 5l10 10M15 5 5 15',
  theme: 'M10 3.5a6.5 6.5 0 1 0 0 13zM10 3.5a6.5 6.5 0 0 1 0 13',
  keys: 'M3 6h14v8.5H3zM5.5 8.7h.01M8.5 8.7h.01M11.5 8.7h.01M14.5 8.7h.01M6.5 11.8h7',
  leave: 'M8.5 3.5h-5v13h5M8 10h9M14 7l3 3-3 3',
  full: 'M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4',
  snapshot: 'M3.5 6.5h3l1.2-2h4.6l1.2 2h3v9h-13zM10 8.2a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z',
  up: 'M5 12.5 10 7.5l5 5',
  down: 'M5 7.5l5 5 5-5',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  target: 'M10 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 2.5v3M10 14.5v3M2.5 10h3M14.5 10h3',
  refresh: 'M16 8.5A6.3 6.3 0 1 0 16.3 11M16.5 4v4.5H12',
  upload: 'M10 13V4M6.5 7.5 10 4l3.5 3.5M4 13v3.5h12V13',
  user: 'M10 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 16.5c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5',
  shield: 'M10 3 4.5 5v4.5c0 3.5 2.3 6 5.5 7.5 3.2-1.5 5.5-4 5.5-7.5V5zM7.5 10l1.800 1.800 3.400-3.600',
  sound: 'M4 8v4h2.5L10 15V5L6.5 8zM13 7.5a3.5 3.5 0 0 1 0 5',
} as const

export type IconName = keyof typeof icons
