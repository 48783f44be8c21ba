import type { Theme } from '@/stores/preferences'

/** Colours of the map. The basemap stays within a narrow band of greys so that marks are the only thing with colour. */
export interface Palette {
  ground: string
  water: string
  building: string
  buildingLine: string
  buildingTop: string
  roadCase: string
  roadMajor: string
  roadMinor: string
  roadLabel: string
  division: string
  divisionLabel: string
  grid: string
  gridLabel: string
  place: string
  keyPlace: string
  placeLabel: string
  halo: string
  accent: string
  onAccent: string
  dead: string
  deadLine: string
  cameraLine: string
  clusterFill: string
  red: string
  yellow: string
  blue: string
  /** In order: what was required was done. */
  green: string
  onMark: string
  blocked: string
  /** Ground nobody sees: light in the dark theme, dark in the light one. */
  blind: string
  /** Shares from low to high, and a share of nothing. */
  shares: readonly [string, string, string, string, string]
  shareNone: string
}

const dark: Palette = {
  ground: '#11161c',
  water: '#13202c',
  building: '#1c242d',
  buildingLine: '#27313b',
  buildingTop: '#1e262e',
  roadCase: '#0c1015',
  roadMajor: '#3a4653',
  roadMinor: '#28323c',
  roadLabel: '#8593a1',
  division: '#5d6c7b',
  divisionLabel: '#aab6c2',
  grid: '#3d4a58',
  gridLabel: '#7f8d9b',
  place: '#7c8a98',
  keyPlace: '#c9d3dd',
  placeLabel: '#a4b0bc',
  halo: '#11161c',
  accent: '#5aa2ff',
  onAccent: '#07111f',
  dead: '#56616d',
  deadLine: '#98a4b0',
  cameraLine: '#0b1016',
  clusterFill: '#24405f',
  red: '#ff5c57',
  yellow: '#f3bd45',
  blue: '#6fb0ff',
  green: '#4cc184',
  onMark: '#0d1116',
  blocked: '#98a4b0',
  blind: '#c9d3dd',
  shares: ['#1d3352', '#25497b', '#2f63a8', '#4484d8', '#86bfff'],
  shareNone: '#33383f',
}

const light: Palette = {
  ground: '#f0f2f4',
  water: '#d3e0ea',
  building: '#dfe3e8',
  buildingLine: '#c6cdd5',
  buildingTop: '#d5dbe1',
  roadCase: '#cfd5dc',
  roadMajor: '#ffffff',
  roadMinor: '#fbfcfd',
  roadLabel: '#5f6b78',
  division: '#8592a0',
  divisionLabel: '#3c4855',
  grid: '#a9b4bf',
  gridLabel: '#67747f',
  place: '#7b8793',
  keyPlace: '#2d3844',
  placeLabel: '#4b5763',
  halo: '#f4f6f8',
  accent: '#1a62c6',
  onAccent: '#ffffff',
  dead: '#a3adb7',
  deadLine: '#5d6975',
  cameraLine: '#ffffff',
  clusterFill: '#bcd3f2',
  red: '#cf2e2e',
  yellow: '#d99a0b',
  blue: '#1a62c6',
  green: '#2f9a5d',
  onMark: '#ffffff',
  blocked: '#5d6975',
  blind: '#27313c',
  shares: ['#d5e4f8', '#a8c8f0', '#76a7e3', '#4381d0', '#1553aa'],
  shareNone: '#d3d7dc',
}

export const palettes: Record<Theme, Palette> = { dark, light }
